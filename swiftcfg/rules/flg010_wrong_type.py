"""Value of another type.

argparse reads whole numbers with ``int``, so that ``1e6``, ``12.0`` and ``1280*28*28`` end with status 2; a
switch takes true, false, yes, no, 1 and 0.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --max_pixels 1e6

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --max_pixels 1000000
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveFlag, SetFlag
from swiftcfg.rules.numbers import whole_number
from swiftcfg.rules.written import flags_of
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("transformers@5.19.0:transformers/hf_argparser.py, string_to_bool",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one in flags_of(script, catalog):
        refusal, spec = one.refusal(), one.match.spec
        if not (refusal and refusal.kind == "type" and spec and one.word is not None):
            continue
        meant = whole_number(one.word) if spec.kind == "int" else None
        fix = None
        if meant is not None:
            fix = Fix(f"write {meant}", (SetFlag(one.use.name, str(meant)),))
        elif one.word.lower() in ("none", "null", "") and spec.default is None:
            fix = Fix(f"leave out --{one.name}", (RemoveFlag(one.use.name),))
        yield Finding(refusal.sentence, one.use.place, one.use.spelling, fix)

"""Flag without its value.

A flag that is on or off may stand alone, but an ``Optional[bool]`` of ms-swift such as
``--vllm_enable_prefix_caching`` or ``--enable_thinking`` may not: argparse ends with ``expected one argument``. So
does a value of a settings file that begins with a dash, which is put on a command line and taken for a flag there.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_enable_prefix_caching

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_enable_prefix_caching true
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.written import flags_of
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("transformers@5.19.0:transformers/hf_argparser.py, _parse_dataclass_field",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one in flags_of(script, catalog):
        refusal, spec = one.refusal(), one.match.spec
        if refusal and refusal.kind == "missing" and spec:
            bare = "bool" in spec.kind and not one.words
            on = Fix("write true after it", (SetFlag(one.use.name, "true"),)) if bare else None
            yield Finding(refusal.sentence, one.use.place, one.use.spelling, on)

"""Flag without its value.

A flag that is on or off may stand alone, but an ``Optional[bool]`` of ms-swift such as
``--vllm_enable_prefix_caching`` or ``--enable_thinking`` may not: argparse ends with ``expected one argument``.

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
            on = Fix("write true after it", (SetFlag(one.use.name, "true"),)) if "bool" in spec.kind else None
            yield Finding(refusal.sentence, one.use.place, one.use.spelling, on)

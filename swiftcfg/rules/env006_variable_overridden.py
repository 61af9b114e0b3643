"""Variable that another setting overrides.

--model_kwargs writes its keys, in capitals, over the environment; IMAGE_MAX_TOKEN_NUM wins over MAX_PIXELS, and
so for the other limits. Nothing says which counted.

Bad:

    MAX_PIXELS=1003520 IMAGE_MAX_TOKEN_NUM=256 \
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    IMAGE_MAX_TOKEN_NUM=1280 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveVariable
from swiftcfg.rules.variables import in_force, settings_of
from swiftcfg.script import Script
from swiftcfg.tokens import CONVERSIONS, Limits

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/arguments/base_args/base_args.py:236-250",
    "ms-swift@4.6.0:swift/model/models/qwen.py:758-770",
)


def check(script: Script, catalog: FlagCatalog, limits: Limits | None = None) -> Iterator[Finding]:
    present = in_force(script, catalog)
    for one in settings_of(script, catalog):
        tokens = present.get(CONVERSIONS.get(one.name, ""))
        last = present[one.name]
        if last.text != one.text:
            winner = f"--model_kwargs sets it to {last.text}"
        elif last == one and tokens and tokens.text and one.text and limits and limits.library.in_tokens:
            winner = f"{tokens.name}={tokens.text} is set too and wins"
        else:
            continue
        fix = None if one.by_flag else Fix(f"leave out {one.name}", (RemoveVariable(one.name),), safe=False)
        yield Finding(f"{one.name}={one.text} has no effect: {winner}", one.place, one.name, fix)

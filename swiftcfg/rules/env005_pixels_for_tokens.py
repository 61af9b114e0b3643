"""Pixels where tokens are counted, or the other way round.

IMAGE_MAX_TOKEN_NUM and its like count tokens of 28x28 or 32x32 pixels, MAX_PIXELS counts pixels. A million tokens
limit nothing; 1,280 pixels are less than two tokens, and every image becomes a blot or is refused.

Bad:

    MAX_PIXELS=1280 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    IMAGE_MAX_TOKEN_NUM=1280 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.variables import Setting, counts_the_other, in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = ("qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py", "ms-swift@4.6.0:swift/model/models/qwen.py:758")


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    for one in in_force(script, catalog).values():
        if counts_the_other(one):
            yield _finding(one, limits.constants.factor)


def _finding(one: Setting, side: int) -> Finding:
    area = side * side
    if one.name.endswith("_TOKEN_NUM"):
        meant = int(one.text) // area
        message = f"{one.name}={one.text} counts tokens and limits nothing; {one.text} pixels are {meant} tokens"
    else:
        meant = int(one.text) * area
        tokens = f"{int(one.text) / area:.1f} tokens of {side}x{side}"
        message = f"{one.name}={one.text} counts pixels and is {tokens}; {one.text} tokens are {meant} pixels"
    fix = Fix(f"write {one.name}={meant}", (SetVariable(one.name, str(meant)),), safe=False)
    return Finding(message, one.place, one.name, None if one.by_flag else fix)

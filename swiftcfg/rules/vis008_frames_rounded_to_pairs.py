"""Number of frames that is rounded.

Frames are taken in pairs: an odd FPS_MAX_FRAMES is rounded down, an odd FPS_MIN_FRAMES up.

Bad:

    FPS_MAX_FRAMES=13 swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm

Good:

    FPS_MAX_FRAMES=12 swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.tokens.resize import ceil_by, floor_by
from swiftcfg.units import whole

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, smart_nframes",)

_ROUNDED = {"FPS_MAX_FRAMES": floor_by, "FPS_MIN_FRAMES": ceil_by}


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    given, pair = in_force(script, catalog), limits.constants.frame_factor
    for name, rounded in _ROUNDED.items():
        one = given.get(name)
        number = whole(one.text.strip()) if one else None
        if one is None or number is None or not pair:
            continue
        count = rounded(number, pair)
        if count and count != number:
            fix = Fix(f"write {name}={count}", (SetVariable(name, str(count)),))
            message = f"{name}={one.text} counts as {count}: frames are taken {pair} at a time"
            yield Finding(message, one.place, name, None if one.by_flag else fix)

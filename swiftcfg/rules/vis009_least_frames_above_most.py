"""Least number of frames above the most.

Where FPS_MIN_FRAMES is larger than FPS_MAX_FRAMES the upper limit wins, whatever FPS says: every video gets the same
number of frames.

Bad:

    FPS_MIN_FRAMES=32 FPS_MAX_FRAMES=12 swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm

Good:

    FPS_MAX_FRAMES=12 swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, smart_nframes",)


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    least, most = limits.constants.fps_min_frames, limits.constants.fps_max_frames
    one = in_force(script, catalog).get("FPS_MIN_FRAMES")
    if one is None or least <= most or most < limits.constants.frame_factor:
        return
    fix = Fix(f"write FPS_MIN_FRAMES={most}", (SetVariable("FPS_MIN_FRAMES", str(most)),), safe=False)
    yield Finding(
        f"FPS_MIN_FRAMES={least} has no effect: FPS_MAX_FRAMES={most} wins, so every video of at least {most} frames "
        f"has {most}",
        one.place,
        one.name,
        None if one.by_flag else fix,
    )

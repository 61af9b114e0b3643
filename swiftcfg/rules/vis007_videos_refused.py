"""Videos that are always refused.

qwen-vl-utils takes frames in pairs. With FPS_MAX_FRAMES=1 the upper limit is rounded down to 0, and every video
is answered with status 400 and a message that blames torchvision. A clip of a profile may be refused for reasons of its
own, such as too few frames.

Bad:

    FPS_MAX_FRAMES=1 swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm

Good:

    FPS_MAX_FRAMES=2 swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.errors import InputError
from swiftcfg.flags import FlagCatalog
from swiftcfg.media import Clip
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.served import video_severity
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, smart_nframes",)


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, limits: Limits, workload: Workload | None = None
) -> Iterator[Finding]:
    constants, severity = limits.constants, video_severity(settings, workload)
    if severity is None or limits.no_video:
        return
    pair = constants.frame_factor
    one = in_force(script, catalog).get("FPS_MAX_FRAMES")
    if constants.fps_max_frames < pair:
        message = f"FPS_MAX_FRAMES={constants.fps_max_frames} is rounded down to 0 frames: every video is refused"
        fix = Fix(f"write FPS_MAX_FRAMES={pair}", (SetVariable("FPS_MAX_FRAMES", str(pair)),), safe=False)
        place = one.place if one else script.place
        yield Finding(message, place, "FPS_MAX_FRAMES", None if one is None or one.by_flag else fix, severity)
        return
    for clip, _ in workload.clips() if workload else ():
        fault = _fault(limits, clip)
        if fault:
            yield Finding(fault, script.place, severity="error")


def _fault(limits: Limits, clip: Clip) -> str | None:
    try:
        limits.video(clip)
    except InputError as error:
        return error.sentence
    return None

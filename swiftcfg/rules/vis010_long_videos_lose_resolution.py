"""Long videos that lose resolution.

All frames of a video share one budget of pixels: VIDEO_TOTAL_PIXELS in older releases of qwen-vl-utils, 90 % of
MODEL_SEQ_LEN in tokens in newer ones. From some number of frames on VIDEO_MAX_PIXELS is no longer what a frame gets.

Checked with: --profile long-video

Bad:

    FPS=1 FPS_MAX_FRAMES=768 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    FPS=1 FPS_MAX_FRAMES=256 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.errors import InputError
from swiftcfg.flags import FlagCatalog
from swiftcfg.media import Clip
from swiftcfg.rule import Finding
from swiftcfg.rules.served import video_severity
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.units import whole
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = (
    "qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, fetch_video",
    "https://github.com/QwenLM/Qwen3-VL/issues/1248",
)

_NAMES = ("VIDEO_MAX_PIXELS", "VIDEO_MAX_TOKEN_NUM")
#: A frame with less than this share of what it was meant to have has lost much.
_MUCH = 0.5


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, limits: Limits, workload: Workload | None = None
) -> Iterator[Finding]:
    if limits.no_video or limits.video_max_pixels < 1 or video_severity(settings, workload) is None:
        return
    given, total = in_force(script, catalog), limits.library.total_pixels
    if total and limits.constants.video_total < total and "VIDEO_TOTAL_PIXELS" not in given:
        return  # the cap on one frame is taken for the total: STK008
    one = next((given[name] for name in _NAMES if name in given and whole(given[name].text)), None)
    place, subject = (one.place, one.name) if one else (script.place, None)
    frames = int(limits.constants.video_total * limits.constants.frame_factor // limits.video_max_pixels)
    if workload is None:
        if one and frames < limits.constants.fps_max_frames:
            yield Finding(_general(limits, frames, f"{one.name}={one.text}"), place, subject)
        return
    for clip, _ in workload.clips():
        count, left = _frames(limits, clip), _left(limits, clip)
        if count <= frames or clip.size.pixels <= left or left >= limits.video_max_pixels:
            continue
        severe = left < _MUCH * min(limits.video_max_pixels, clip.size.pixels)
        yield Finding(
            f"{count} frames of {clip} share {int(limits.constants.video_total)} pixels: each gets {left}, not "
            f"{limits.video_max_pixels}; with at most {frames} frames they would",
            place,
            subject,
            severity="warning" if severe else "info",
        )


def _general(limits: Limits, frames: int, shown: str) -> str:
    constants = limits.constants
    seconds = f", {frames / constants.fps:.0f} seconds at {constants.fps:g} a second," if constants.fps else ""
    return (
        f"{shown} holds for up to {frames} frames{seconds} of a video; beyond, up to FPS_MAX_FRAMES="
        f"{constants.fps_max_frames}, all frames share {int(constants.video_total)} pixels"
    )


def _frames(limits: Limits, clip: Clip) -> int:
    try:
        return limits.video(clip).frames
    except InputError:
        return 0


def _left(limits: Limits, clip: Clip) -> int:
    """Pixels that the budget leaves each frame, no less than the floor."""
    constants = limits.constants
    shared = constants.video_total / max(1, _frames(limits, clip)) * constants.frame_factor
    return int(max(shared, constants.video_floor))

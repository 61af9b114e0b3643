"""Cap on one frame that is taken for the total of all frames.

qwen-vl-utils 0.0.9 to 0.0.11 starts VIDEO_TOTAL_PIXELS, the pixels of all frames together, with the value of
VIDEO_MAX_PIXELS, the cap on one. ms-swift puts that right from 3.4.1.post1 on; before, frames fall to the
lower limit as soon as VIDEO_MAX_PIXELS is set, but for those of videos that last a few seconds.

Checked with: --ms-swift 3.4.0 --qwen-vl-utils 0.0.11

Bad:

    VIDEO_MAX_PIXELS=602112 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    VIDEO_MAX_PIXELS=602112 VIDEO_TOTAL_PIXELS=90316800 \
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "https://github.com/QwenLM/Qwen3-VL/issues/1120",
    "https://github.com/modelscope/ms-swift/pull/4236",
    "qwen-vl-utils@0.0.11:src/qwen_vl_utils/vision_process.py",
)

#: Frames of a short video: 16 seconds at the 2 frames a second that are sampled.
_FRAMES = 32


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    given, total = in_force(script, catalog), limits.library.total_pixels
    cap, left = given.get("VIDEO_MAX_PIXELS"), limits.frame_cap(_FRAMES)
    if not cap or "VIDEO_TOTAL_PIXELS" in given or left >= limits.video_max_pixels:
        return
    if total and limits.constants.video_total < total:
        yield Finding(
            f"{cap.name}={cap.text} is taken for the pixels of all frames together: each of {_FRAMES} frames gets "
            f"{left} at most",
            cap.place,
            cap.name,
            Fix(f"set VIDEO_TOTAL_PIXELS={total}", (SetVariable("VIDEO_TOTAL_PIXELS", str(total)),)),
        )

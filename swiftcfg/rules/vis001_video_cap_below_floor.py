"""Video cap below its floor.

qwen-vl-utils never limits a frame to less than 1.05 times VIDEO_MIN_PIXELS: a smaller VIDEO_MAX_PIXELS is
replaced without a word. With the default lower limit of 128 tokens the floor is 105,369 pixels where a token
is 28x28 pixels, and 137,625 where it is 32x32. To get less, lower VIDEO_MIN_PIXELS too.

Bad:

    VIDEO_MAX_PIXELS=50176 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    VIDEO_MIN_PIXELS=12544 VIDEO_MAX_PIXELS=50176 \
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.config import DeployConfig
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.places import variable_place
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.units import whole

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, fetch_video",)

#: The cap -> the lower limit that holds it up, and what one unit of both is in pixels of a token's area.
_PAIRS = {"VIDEO_MAX_PIXELS": "VIDEO_MIN_PIXELS", "VIDEO_MAX_TOKEN_NUM": "VIDEO_MIN_TOKEN_NUM"}


def check(config: DeployConfig, script: Script, limits: Limits) -> Iterator[Finding]:
    constants = limits.constants
    if constants.video_max >= constants.video_floor:
        return
    for cap, least in _PAIRS.items():
        word = config.variable(cap)
        written = whole(word) if isinstance(word, str) else None
        if written is None:
            continue
        area = constants.factor**2
        unit = 1 if cap.endswith("PIXELS") else area
        lower = max(1, int(written * unit / 1.05) // area) * area // unit
        floor = -(-constants.video_floor // area) * area if limits.library.in_tokens else constants.video_floor
        holds = floor // unit
        yield Finding(
            f"{cap}={word} has no effect: a frame still gets up to {constants.video_floor} pixels, "
            f"1.05 times {least} ({constants.video_min} pixels); to get what is written, set {least}={lower} too",
            variable_place(script, cap),
            cap,
            Fix(f"write {cap}={holds}, which is what holds", (SetVariable(cap, str(holds)),)),
        )

"""Generations of qwen-vl-utils: what each calls its limits, starts them with, and does with them."""

from packaging.version import Version

from swiftcfg.units import Tokens
from swiftcfg.values import dataclass

#: Sides of a token of Qwen2-VL and Qwen2.5-VL; releases before 0.0.13 know no other.
SIDE_28 = 28
AREA_28 = SIDE_28 * SIDE_28
#: 90 % of 128,000 tokens, as 0.0.9 computes it and as ms-swift writes it into VIDEO_TOTAL_PIXELS.
TOTAL_128K = int(128000 * 28 * 28 * 0.9)


@dataclass(frozen=True, slots=True)
class Library:
    """One generation. Source of all rows: qwen-vl-utils wheels, qwen_vl_utils/vision_process.py.

    ``in_tokens``: limits are counted in tokens of the model's own factor, and smart_resize asserts that the
    upper one is not below the lower one. ``floors_frames``: a fractional number of frames is rounded down
    (before: to the nearest even), and never above the number the video has. ``caps_requests``: a request
    cannot raise max_pixels of a video above the server's. ``total_pixels``: all frames of a video together,
    None where MODEL_SEQ_LEN gives it. ``total_from_frame_limit``: VIDEO_TOTAL_PIXELS starts as the variable
    VIDEO_MAX_PIXELS (QwenLM/Qwen3-VL#1120). ``returns_fps``: fetch_video can tell the sampled frames a second.
    """

    since: Version
    in_tokens: bool = False
    floors_frames: bool = True
    caps_requests: bool = True
    total_pixels: int | None = None
    total_from_frame_limit: bool = False
    returns_fps: bool = True


LIBRARIES = (
    Library(
        Version("0.0.6"), floors_frames=False, caps_requests=False, returns_fps=False, total_pixels=24576 * AREA_28
    ),
    Library(Version("0.0.9"), total_pixels=TOTAL_128K, total_from_frame_limit=True),
    Library(Version("0.0.13"), in_tokens=True),
)
#: The newest release these rows were read from.
NEWEST_READ = Version("0.0.14")

#: Start values that all generations share, by the name of the module constant, which is also the variable.
SHARED = {"MAX_RATIO": 200, "FRAME_FACTOR": 2, "FPS": 2.0, "FPS_MIN_FRAMES": 4, "FPS_MAX_FRAMES": 768}
#: Limits counted in pixels (to 0.0.11).
IN_PIXELS = {
    "IMAGE_FACTOR": SIDE_28,
    "MIN_PIXELS": 4 * AREA_28,
    "MAX_PIXELS": 16384 * AREA_28,
    "VIDEO_MIN_PIXELS": 128 * AREA_28,
    "VIDEO_MAX_PIXELS": 768 * AREA_28,
}
#: Limits counted in tokens (from 0.0.13).
IN_TOKENS = {
    "SPATIAL_MERGE_SIZE": 2,
    "IMAGE_MIN_TOKEN_NUM": 4,
    "IMAGE_MAX_TOKEN_NUM": 16384,
    "VIDEO_MIN_TOKEN_NUM": 128,
    "VIDEO_MAX_TOKEN_NUM": 768,
}
MODEL_SEQ_LEN = Tokens(128000)


def library_of(version: Version) -> Library:
    """The newest row that is not newer than ``version``; the oldest for anything older."""
    return next((row for row in reversed(LIBRARIES) if row.since <= version), LIBRARIES[0])

"""From environment variables to the limits that qwen-vl-utils works with once ms-swift has loaded a model."""

from collections.abc import Callable, Mapping

from packaging.version import Version

from swiftcfg.errors import InputError
from swiftcfg.model import VisionTower
from swiftcfg.tokens import library as rows
from swiftcfg.tokens import releases
from swiftcfg.tokens.library import Library
from swiftcfg.units import Pixels
from swiftcfg.values import dataclass

#: The variable in pixels -> the one in tokens that compat_qwen_vl_utils sets from it
#: (ms-swift@4.6.0:swift/model/models/qwen.py:758-770).
CONVERSIONS = {
    "MAX_PIXELS": "IMAGE_MAX_TOKEN_NUM",
    "MIN_PIXELS": "IMAGE_MIN_TOKEN_NUM",
    "VIDEO_MAX_PIXELS": "VIDEO_MAX_TOKEN_NUM",
    "VIDEO_MIN_PIXELS": "VIDEO_MIN_TOKEN_NUM",
}
#: Variables that 2.x or 3.0.0 read and nothing reads since (modelscope/ms-swift#2757).
FORGOTTEN = ("NFRAMES", "RESIZED_HEIGHT", "RESIZED_WIDTH", "SIZE_FACTOR", "MIN_FRAMES", "MAX_FRAMES", "TOTAL_PIXELS")
#: Every variable that has, or had, a say in the tokens of the Qwen-VL line.
KNOWN = (
    *rows.IN_PIXELS, "VIDEO_TOTAL_PIXELS", *rows.IN_TOKENS, *rows.SHARED, "MODEL_SEQ_LEN", *FORGOTTEN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides how variables are read: who reads them, and for which model."""

    tower: VisionTower
    swift: Version
    utils: Version
    library: Library
    model_type: str | None

    @property
    def converts(self) -> bool:
        return self.library.in_tokens and self.swift >= releases.CONVERTS

    @property
    def patch(self) -> int:
        """The patch size that ms-swift passes on: the model's for Qwen3-VL, else the library's default."""
        return self.tower.patch_size if self.tower.kind == "qwen3_vl" else rows.SIDE_28 // 2


@dataclass(frozen=True, slots=True)
class Constants:
    """Limits in pixels, whatever the library counts in. ``video_*`` are per frame, ``video_total`` over all frames.

    ``factor`` is the side that sizes are rounded to. ``list_*`` size the images of a frame list first.
    """

    factor: int
    image_min: Pixels
    image_max: Pixels
    video_min: Pixels
    video_max: Pixels
    video_total: float
    list_factor: int
    list_min: Pixels
    list_max: Pixels
    max_ratio: int
    frame_factor: int
    fps: float
    fps_min_frames: int
    fps_max_frames: int

    @property
    def video_floor(self) -> int:
        """No cap on a frame goes below this: 1.05 times the lower limit (vision_process.py, fetch_video)."""
        return int(self.video_min * 1.05)


def number(name: str, text: str, convert: Callable[[str], float], swift: Version) -> float:
    """What ``convert`` makes of a variable; raises InputError where ms-swift would end with a ValueError."""
    try:
        return convert(text)
    except (ValueError, OverflowError):
        raise InputError(
            f"{name}={text!r} ends ms-swift {swift} with a ValueError while the model loads",
            "write a number in digits, such as 1003520" if convert is not float else "write a number, such as 2 or 0.5",
        ) from None


def read(variables: Mapping[str, str], situation: Situation) -> tuple[Constants, Mapping[str, str]]:
    """The limits in force, and the variables as they stand once ms-swift has added its own."""
    environment = {name: text for name, text in variables.items() if name in KNOWN}
    starts: dict[str, float] = {**rows.SHARED, "VIDEO_TOTAL_PIXELS": _total_at_import(environment, situation)}
    environment = {**releases.LOADER_DEFAULTS.get(situation.model_type or "", {}), **environment}
    unset_total = environment.get("VIDEO_MAX_PIXELS") and not environment.get("VIDEO_TOTAL_PIXELS")
    if unset_total and situation.swift >= releases.SETS_TOTAL:
        environment["VIDEO_TOTAL_PIXELS"] = str(rows.TOTAL_128K)
    if situation.converts:
        _convert(environment, situation)
    starts.update(rows.IN_TOKENS if situation.library.in_tokens else rows.IN_PIXELS)
    values = {
        name: number(name, environment[name], float if name == "FPS" else int, situation.swift)
        if name in environment and is_read(name, situation)
        else start
        for name, start in starts.items()
    }
    return (_of_tokens if situation.library.in_tokens else _of_pixels)(values, situation), environment


def is_read(name: str, situation: Situation) -> bool:
    """Whether ms-swift writes this variable into the library's constant of the same name."""
    if name in rows.SHARED:
        return True
    if situation.library.in_tokens:
        return name in rows.IN_TOKENS and situation.swift >= releases.READS_TOKEN_VARIABLES
    return name in rows.IN_PIXELS or name == "VIDEO_TOTAL_PIXELS"


def _total_at_import(environment: Mapping[str, str], situation: Situation) -> float:
    """VIDEO_TOTAL_PIXELS, or what stands for it, as the library computes it while it is imported."""
    library = situation.library
    whole = lambda text: int(float(text))  # noqa: E731  (the library's own expression)
    if library.in_tokens:
        return number(
            "MODEL_SEQ_LEN", environment.get("MODEL_SEQ_LEN", str(rows.MODEL_SEQ_LEN)), whole, situation.swift
        )
    if library.total_from_frame_limit and "VIDEO_MAX_PIXELS" in environment:
        return number("VIDEO_MAX_PIXELS", environment["VIDEO_MAX_PIXELS"], whole, situation.swift)
    assert library.total_pixels is not None  # noqa: S101  (the rows that count in pixels have it)
    return library.total_pixels


def _convert(environment: dict[str, str], situation: Situation) -> None:
    merge = _merge(number("SPATIAL_MERGE_SIZE", environment.get("SPATIAL_MERGE_SIZE", "2"), int, situation.swift))
    for pixels, tokens in CONVERSIONS.items():
        if environment.get(pixels) and not environment.get(tokens):
            amount = int(number(pixels, environment[pixels], int, situation.swift))
            environment[tokens] = str(amount // (situation.patch * merge) ** 2)


def _merge(size: float) -> int:
    """Patches along a side of a token. The server starts without any, and divides by zero with the first image."""
    if size < 1:
        raise InputError(
            f"SPATIAL_MERGE_SIZE={size:g} leaves no size to round to", "leave it out: it is the model's own"
        )
    return int(size)


def _of_pixels(values: Mapping[str, float], situation: Situation) -> Constants:
    del situation  # these libraries know one factor only; IMAGE_FACTOR is bound before it can be set
    low, high = Pixels(int(values["MIN_PIXELS"])), Pixels(int(values["MAX_PIXELS"]))
    return Constants(
        rows.SIDE_28, low, high, Pixels(int(values["VIDEO_MIN_PIXELS"])), Pixels(int(values["VIDEO_MAX_PIXELS"])),
        values["VIDEO_TOTAL_PIXELS"], rows.SIDE_28, low, high, *_shared(values),
    )  # fmt: skip


def _of_tokens(values: Mapping[str, float], situation: Situation) -> Constants:
    merge = _merge(values["SPATIAL_MERGE_SIZE"])
    factor = situation.patch * merge
    total = int(values["VIDEO_TOTAL_PIXELS"]) * factor * factor * 0.9

    def pixels(name: str, side: int) -> Pixels:
        return Pixels(int(values[name]) * side**2)

    return Constants(
        factor, pixels("IMAGE_MIN_TOKEN_NUM", factor), pixels("IMAGE_MAX_TOKEN_NUM", factor),
        pixels("VIDEO_MIN_TOKEN_NUM", factor), pixels("VIDEO_MAX_TOKEN_NUM", factor), total,
        factor * merge, pixels("IMAGE_MIN_TOKEN_NUM", factor * merge), pixels("IMAGE_MAX_TOKEN_NUM", factor * merge),
        *_shared(values),
    )  # fmt: skip


def _shared(values: Mapping[str, float]) -> tuple[int, int, float, int, int]:
    return (
        int(values["MAX_RATIO"]), int(values["FRAME_FACTOR"]), values["FPS"],
        int(values["FPS_MIN_FRAMES"]), int(values["FPS_MAX_FRAMES"]),
    )  # fmt: skip

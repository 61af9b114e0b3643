"""Sizes of images and videos, and the text people write them as.

Images: ``1920x1080``, ``1080p``, ``A4@200dpi``, ``A4@300dpi-landscape``. Videos: ``1280x720@30fps,60s``,
``1280x720@30fps,900frames``, and ``1280x720,8images`` for a video given as a list of frames.
"""

import re

from swiftcfg.errors import InputError
from swiftcfg.units import Pixels
from swiftcfg.values import dataclass

#: Width and height of a page in millimetres, upright (ISO 216; ANSI/ASME Y14.1 for letter and legal).
PAGES_MM = {
    "A3": (297.0, 420.0),
    "A4": (210.0, 297.0),
    "A5": (148.0, 210.0),
    "LETTER": (215.9, 279.4),
    "LEGAL": (215.9, 355.6),
}
#: What people call screens and videos of these sizes (CTA, "4K" as UHD-1).
NAMED_SIZES = {
    "720P": (1280, 720),
    "1080P": (1920, 1080),
    "1440P": (2560, 1440),
    "2160P": (3840, 2160),
    "4K": (3840, 2160),
    "8K": (7680, 4320),
}
#: A side longer than this is a slip of the finger: PNG and JPEG decoders stop earlier (JPEG at 65,535).
LONGEST_SIDE = 65_535

_PLAIN = re.compile(r"(\d{1,6})\s*[x\u00d7*]\s*(\d{1,6})", re.IGNORECASE)
_PAGE = re.compile(r"([a-z]+\d?)(-landscape)?\s*@\s*(\d{1,4})\s*dpi(-landscape)?", re.IGNORECASE | re.ASCII)
_CLIP = re.compile(
    r"(?P<size>.+?)\s*@\s*(?P<fps>\d{1,4}(?:\.\d+)?)\s*fps\s*,\s*"
    r"(?:(?P<seconds>\d{1,6}(?:\.\d+)?)\s*s|(?P<frames>\d{1,8})\s*frames)",
    re.IGNORECASE | re.ASCII,
)
_FRAME_LIST = re.compile(r"(?P<size>.+?)\s*,\s*(?P<count>\d{1,6})\s*images", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels; ``dpi`` where the text named a page."""

    width: int
    height: int
    dpi: int | None = None

    @property
    def pixels(self) -> Pixels:
        return Pixels(self.width * self.height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Clip:
    """A video: the size of its frames, how many of them a second, and how long it runs."""

    size: Size
    fps: float
    seconds: float

    @property
    def total_frames(self) -> int:
        return max(1, round(self.fps * self.seconds))

    def __str__(self) -> str:
        return f"{self.size}@{self.fps:g}fps,{self.seconds:g}s"


@dataclass(frozen=True, slots=True)
class FrameList:
    """A video that the request gives as a list of images, already sampled."""

    size: Size
    count: int

    def __str__(self) -> str:
        return f"{self.size},{self.count}images"


def parse_size(text: str) -> Size:
    """Read ``1920x1080``, ``1080p``, ``A4@200dpi`` or ``A4@200dpi-landscape``; raises InputError for anything else."""
    plain, page = _PLAIN.fullmatch(text.strip()), _PAGE.fullmatch(text.strip())
    if plain:
        size = Size(int(plain.group(1)), int(plain.group(2)))
    elif text.strip().upper() in NAMED_SIZES:
        size = Size(*NAMED_SIZES[text.strip().upper()])
    elif page and page.group(1).upper() in PAGES_MM:
        dpi = int(page.group(3))
        width, height = (round(side / 25.4 * dpi) for side in PAGES_MM[page.group(1).upper()])
        size = Size(height, width, dpi) if page.group(2) or page.group(4) else Size(width, height, dpi)
    else:
        raise InputError(f"{text!r} is not a size", "write width x height, such as 1920x1080, or a page: A4@200dpi")
    if not (1 <= size.width <= LONGEST_SIDE and 1 <= size.height <= LONGEST_SIDE):
        raise InputError(f"{text!r} is not a size", f"sides go from 1 to {LONGEST_SIDE} pixels")
    return size


def parse_clip(text: str) -> Clip:
    """Read ``1920x1080@30fps,60s`` or ``1920x1080@30fps,900frames``; raises InputError for anything else."""
    match = _CLIP.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is not a clip", "write size, frames a second and seconds: 1920x1080@30fps,60s")
    fps = float(match["fps"])
    length = float(match["seconds"] or match["frames"])
    if not (fps and length):
        raise InputError(
            f"{text!r} is not a clip", "frames a second and the length are above 0, such as 1920x1080@30fps,60s"
        )
    return Clip(parse_size(match["size"]), fps, length if match["seconds"] else length / fps)


def parse_video(text: str) -> Clip | FrameList:
    """Read a clip, or ``1280x720,8images`` for a video given as a list of frames; raises InputError for others."""
    match = _FRAME_LIST.fullmatch(text.strip())
    if match is None:
        return parse_clip(text)
    if not int(match["count"]):
        raise InputError(f"{text!r} has no frames", "give at least one image, such as 1280x720,8images")
    return FrameList(parse_size(match["size"]), int(match["count"]))

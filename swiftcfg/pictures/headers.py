"""The size of a picture, read from its first bytes; None where they do not tell it."""

import re
import struct
from collections.abc import Callable, Iterator

from swiftcfg.media import Size
from swiftcfg.pictures.png import SIGNATURE
from swiftcfg.values import dataclass

#: JPEG markers that begin a frame and hold its size: all of C0 to CF but the tables C4, C8, CC (ITU-T T.81, table B.1).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers without a length: TEM, RST0 to RST7, SOI, EOI.
_ALONE = frozenset({0x01, *range(0xD0, 0xDA)})
_SCAN = 0xDA
_FILL = 0xFF
#: Length of the header of a bitmap that has 16 bits a side (Microsoft, wingdi.h: BITMAPCOREHEADER).
_OLD_BITMAP = 12


def picture_size(data: bytes) -> Size | None:
    """Width and height as stored. A camera's note that the picture is to be turned is not read."""
    form = _form(data)
    try:
        size = form.read(data) if form else None
    except (struct.error, IndexError):
        return None  # cut off within the header
    return size if size and size.width > 0 and size.height > 0 else None


def media_type(data: bytes) -> str | None:
    """The media type of a picture in a format that is known here."""
    form = _form(data)
    return form.media_type if form else None


@dataclass(frozen=True, slots=True)
class Form:
    """A format: what its first bytes match, and what reads the size."""

    begins: bytes
    media_type: str
    read: Callable[[bytes], Size | None]


def _form(data: bytes) -> Form | None:
    return next((form for form in _FORMS if re.match(form.begins, data, re.DOTALL)), None)


def _png(data: bytes) -> Size:
    return Size(*struct.unpack_from(">II", data, 16))


def _gif(data: bytes) -> Size:
    return Size(*struct.unpack_from("<HH", data, 6))


def _bmp(data: bytes) -> Size:
    """Height is negative where rows run downwards."""
    (length,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if length == _OLD_BITMAP else "<ii", data, 18)
    return Size(width, abs(height))


def _jpeg(data: bytes) -> Size | None:
    for marker, place in _segments(data):
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 3)
            return Size(width, height)
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker before the compressed data, and where what follows it begins (with its length)."""
    place = 2
    while data[place] == _FILL:
        marker, place = data[place + 1], place + 2
        if marker == _FILL:
            place -= 1
        elif marker == _SCAN:
            return
        elif marker not in _ALONE:
            yield marker, place
            place += struct.unpack_from(">H", data, place)[0]


def _webp(data: bytes) -> Size | None:
    """RFC 9649: a simple lossy, a simple lossless, or an extended file."""
    kind = data[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return Size(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[start : start + 3], "little") for start in (24, 27))
        return Size(width + 1, height + 1) if data[29:30] else None
    return None


_FORMS = (
    Form(re.escape(SIGNATURE), "image/png", _png),
    Form(rb"\xff\xd8\xff", "image/jpeg", _jpeg),
    Form(b"GIF8[79]a", "image/gif", _gif),
    Form(b"RIFF....WEBP", "image/webp", _webp),
    Form(b"BM", "image/bmp", _bmp),
)

"""A short clip: an AVI file whose frames are PNG pictures, which every build of FFmpeg reads.

Format: Microsoft, "AVI RIFF File Reference". The decoder is FFmpeg's for the code MPNG (ffmpeg@4.0:libavformat/riff.c);
decord, torchcodec, PyAV and OpenCV read video through FFmpeg.
"""

import struct
from fractions import Fraction

from swiftcfg.media import Clip
from swiftcfg.pictures.png import png

CODE = b"MPNG"
_HAS_INDEX, _KEY_FRAME = 0x10, 0x10
_BITS = 24
#: Frames a second as a fraction: 29.97 is 2997/100.
_LARGEST_SCALE = 1000


def avi(clip: Clip) -> bytes:
    """The same bytes for the same clip, always. All frames show the same picture."""
    frame = png(clip.size)
    count = clip.total_frames
    header = _list(b"hdrl", _chunk(b"avih", _main_header(clip, count, len(frame))), _stream(clip, count, len(frame)))
    frames = _chunk(b"00dc", frame)
    places = (4 + number * len(frames) for number in range(count))
    index = b"".join(struct.pack("<4sIII", b"00dc", _KEY_FRAME, place, len(frame)) for place in places)
    return _list(b"AVI ", header, _list(b"movi", frames * count), _chunk(b"idx1", index), name=b"RIFF")


def _chunk(name: bytes, content: bytes) -> bytes:
    """Name, length, content; an odd one is followed by a byte that the length does not count."""
    return struct.pack("<4sI", name, len(content)) + content + bytes(len(content) % 2)


def _list(kind: bytes, *parts: bytes, name: bytes = b"LIST") -> bytes:
    return _chunk(name, kind + b"".join(parts))


def _main_header(clip: Clip, count: int, largest: int) -> bytes:
    microseconds = round(1_000_000 / clip.fps)
    return struct.pack(
        "<IIIIIIIIII16x", microseconds, round(largest * clip.fps), 0, _HAS_INDEX, count, 0, 1, largest,
        clip.size.width, clip.size.height,
    )  # fmt: skip


def _stream(clip: Clip, count: int, largest: int) -> bytes:
    width, height = clip.size.width, clip.size.height
    rate = Fraction(clip.fps).limit_denominator(_LARGEST_SCALE)
    header = struct.pack(
        "<4s4sIHHIIIIIIIIHHHH", b"vids", CODE, 0, 0, 0, 0, rate.denominator, rate.numerator, 0, count, largest,
        0xFFFFFFFF, 0, 0, 0, width, height,
    )  # fmt: skip
    bitmap = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, _BITS, CODE, 3 * width * height, 0, 0, 0, 0)
    return _list(b"strl", _chunk(b"strh", header), _chunk(b"strf", bitmap))

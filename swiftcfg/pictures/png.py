"""A PNG of any size: a chess board of two colours, a few kilobytes even where it has millions of pixels.

Format: W3C "Portable Network Graphics (PNG) Specification", sections 5.3 (chunks), 9 (filters), 11.2 (headers).
"""

import struct
import zlib

from swiftcfg.media import Size

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Side of a field of the board, in pixels.
FIELD = 32
DARK, LIGHT = b"\x20\x40\x80", b"\xf0\xe0\xa0"
_EIGHT_BITS, _RGB = 8, 2
#: Filters of a row: its bytes themselves, or what they differ by from the row above.
_NONE, _UP = b"\0", b"\2"


def png(size: Size) -> bytes:
    """The same bytes for the same size, always."""
    header = struct.pack(">IIBBBBB", size.width, size.height, _EIGHT_BITS, _RGB, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", _rows(size)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _rows(size: Size) -> bytes:
    """All rows, compressed; a row that equals the one above it is a row of zeros."""
    packer = zlib.compressobj()
    same = _UP + bytes(3 * size.width)
    packed = []
    for top in range(0, size.height, FIELD):
        rows = min(FIELD, size.height - top)
        packed.append(packer.compress(_NONE + _row(size.width, odd=bool(top // FIELD % 2)) + same * (rows - 1)))
    return b"".join([*packed, packer.flush()])


def _row(width: int, *, odd: bool) -> bytes:
    first, second = (LIGHT, DARK) if odd else (DARK, LIGHT)
    pair = first * FIELD + second * FIELD
    return (pair * (width // (2 * FIELD) + 1))[: 3 * width]

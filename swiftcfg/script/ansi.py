"""The escapes of ``$'…'`` as bash reads them."""

import re

_PLAIN = {
    "a": 7, "b": 8, "e": 27, "E": 27, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11,
    "\\": 92, "'": 39, '"': 34, "?": 63,
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)


def decode(body: str) -> str:
    """The text that ``$'body'`` stands for. A NUL ends it, as in bash."""
    out = bytearray()
    at = 0
    for match in _ESCAPE.finditer(body):
        out += _encoded(body[at : match.start()])
        out += _bytes_of(match)
        at = match.end()
    out += _encoded(body[at:])
    return bytes(out.split(b"\0", 1)[0]).decode("utf-8", "surrogateescape")


def _bytes_of(match: "re.Match[str]") -> bytes:
    pair, short, long, octal, control, plain = match.groups()
    if pair or octal:
        return bytes([int(pair, 16) if pair else int(octal, 8) & 0xFF])
    if short or long:
        return _character(int(short or long, 16))
    if control:
        return bytes([ord(control) & 0x1F]) if control.isascii() else _encoded(match.group())
    return bytes([_PLAIN[plain]]) if plain in _PLAIN else _encoded(match.group())


def _character(code: int) -> bytes:
    return chr(code).encode("utf-8", "surrogatepass") if code <= 0x10FFFF else b""  # noqa: PLR2004  (the last of Unicode)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")

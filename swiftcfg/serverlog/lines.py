"""Lines: from the raw output of a server to text that can be read, searched and shown without harm."""

import re

#: The longest line that is kept, in bytes: ms-swift writes all of its arguments in one, some 12 kB. Chosen.
LONGEST_LINE = 65536

#: How much is split at a time. With a rest of usual length it stays below LONGEST_LINE, where no line needs a look.
_PIECE = 32768

#: What fast text consists of: printable ASCII, tabs and line ends.
_PLAIN = bytes((*range(0x20, 0x7F), *b"\t\n\r"))

#: What a terminal obeys: CSI with parameters, OSC and the other strings up to their end, two-byte sequences (ECMA-48).
#: A sequence that is cut off loses what is there of it. None of these crosses a line end.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?"
    r"|\x1b[\]PX^_][^\x07\x1b\n\r]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]?"
)

#: Characters that show nothing or turn the direction of what follows: C0 and C1 without tab and line ends, line
#: separators that are not a line end here, marks and overrides of direction, surrogates.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\ufffb]"
)


def clean(raw: bytes) -> str:
    """Output as text: escape sequences and control characters gone, bad UTF-8 replaced, line ends kept."""
    if not raw.translate(None, _PLAIN):
        return raw.decode("ascii")
    text = raw.decode("utf-8", "replace")
    return _UNSEEN.sub("", _ESCAPES.sub("", text) if "\x1b" in text or "\x9b" in text else text)


class Lines:
    r"""Splits output that comes in pieces, at ``\n`` and ``\r`` (a progress bar redraws itself with the latter).

    However the output is cut into pieces the lines are the same. Empty lines are left out, and of a line that is
    longer than LONGEST_LINE the first bytes are kept, so that what is held does not grow.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Take a piece of output, give the lines that it completes."""
        return [line for start in range(0, len(data), _PIECE) for line in self._fed(data[start : start + _PIECE])]

    def end(self) -> list[str]:
        """The last line, where the output ended without a line end."""
        rest, self._rest = self._rest, b""
        return _split(rest)

    def _fed(self, piece: bytes) -> list[str]:
        text = self._rest + piece.replace(b"\r", b"\n")
        whole, end, rest = text.rpartition(b"\n")
        self._rest = rest[:LONGEST_LINE]
        return _split(whole) if end else []


def _split(whole: bytes) -> list[str]:
    if len(whole) > LONGEST_LINE:
        whole = b"\n".join(line[:LONGEST_LINE] for line in whole.split(b"\n"))
    return [line for line in clean(whole).split("\n") if line]

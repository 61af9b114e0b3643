"""The last lines of a stream, in bounded memory whatever comes."""

from collections import deque

#: How many are kept: a traceback of vLLM has 60. Chosen.
LINES = 200
#: Of a line that is longer, its beginning is kept. Chosen.
LINE_BYTES = 1000


class Tail:
    """Keeps the last lines; a carriage return begins a line anew, as on a terminal."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=LINES)
        self._open = b""

    def feed(self, data: bytes) -> None:
        first, *rest = data.rsplit(b"\n", LINES + 1)
        self._open = (self._open + first.rsplit(b"\n", 1)[-1])[: 2 * LINE_BYTES]
        for line in rest:
            self._lines.append(self._open)
            self._open = line[: 2 * LINE_BYTES]

    def lines(self) -> list[str]:
        """The lines as text, the last one also where it has no end yet."""
        lines = [*self._lines, self._open] if self._open else [*self._lines]
        return [_shown(line) for line in lines][-LINES:]


def _shown(line: bytes) -> str:
    return line.rstrip(b"\r").rsplit(b"\r", 1)[-1][:LINE_BYTES].decode("utf-8", "replace")

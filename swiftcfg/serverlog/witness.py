"""Witness: of an endless output, the lines that may tell what the server will have died of."""

from collections import deque
from collections.abc import Sequence

#: How many of the last lines are kept whatever they say, and how many of those that may tell something. Chosen.
LAST = 200
TELLING = 2000

#: What a telling line has. A traceback goes on for up to 60 lines, its exception has more lines below.
_SIGNS = (
    "rror", "RROR", "xception", "Traceback (most recent", "emory", "died", "Killed", "failed", "Please ", "mismatch",
    "bad_alloc", "Segmentation",
)  # fmt: skip
_BEFORE, _AFTER = 2, 100
_SERVING = "Uvicorn running on"


class Witness:
    """Sees all lines and keeps at most LAST + TELLING of them.

    While the server starts, what is told first counts: what comes after follows from it. Once it serves, requests
    that fail are told for days, and what is told last counts.
    """

    def __init__(self) -> None:
        self._number = 0
        self._last: deque[tuple[int, str]] = deque(maxlen=LAST)
        self._telling: deque[tuple[int, str]] = deque(maxlen=TELLING)
        self._to_keep = 0
        self._serves = False

    @property
    def lines(self) -> tuple[str, ...]:
        """What was kept, in its order."""
        return tuple(line for _, line in sorted({*self._telling, *self._last}))

    def see(self, lines: Sequence[str]) -> None:
        """Take the next lines of the output."""
        block = "\n".join(lines)
        if self._to_keep or any(sign in block for sign in (*_SIGNS, _SERVING)):
            for line in lines:
                self._look(line)
            return
        self._last.extend(enumerate(lines[-LAST:], self._number + len(lines[:-LAST])))
        self._number += len(lines)

    def _look(self, line: str) -> None:
        if _SERVING in line:
            self._serves = True
            self._telling.clear()
        if any(sign in line for sign in _SIGNS):
            if not self._to_keep:
                self._keep(*list(self._last)[-_BEFORE:])
            self._to_keep = _AFTER
        if self._to_keep:
            self._to_keep -= 1
            self._keep((self._number, line))
        self._last.append((self._number, line))
        self._number += 1

    def _keep(self, *numbered: tuple[int, str]) -> None:
        if self._serves or len(self._telling) + len(numbered) <= TELLING:
            self._telling.extend(numbered)

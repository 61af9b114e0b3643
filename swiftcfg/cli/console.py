"""The console of a launch: its own lines on standard error, the server's output on standard output."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from swiftcfg.report.launch import stage_line
from swiftcfg.report.plain import plain
from swiftcfg.warden.outlet import GONE, write_all

if TYPE_CHECKING:
    from swiftcfg.launch.interrupt import Interrupts
    from swiftcfg.serverlog import Stage

_CLEAR_LINE = "\r\x1b[K"
_OUT, _ERR = 1, 2


class Console:
    """Where nothing but stages is told and somebody looks on, they take one line that changes.

    Where both streams lead to one place, our lines do not begin in the middle of one of the server's. That nobody
    reads any more counts as an interrupt; once there is one, nobody is waited for who reads slowly.
    """

    def __init__(self, interrupts: Interrupts, *, shows_output: bool) -> None:
        _hold_descriptors()
        self._interrupts = interrupts
        self._shows_output = shows_output
        self._one_line = not shows_output and os.isatty(_ERR)
        self._shares = os.path.sameopenfile(_OUT, _ERR)
        self._pending = False
        self._deaf: set[int] = set()

    def stage(self, stage: Stage, elapsed_s: float) -> None:
        line = plain(stage_line(stage, elapsed_s))
        if self._one_line:
            self._tell(_CLEAR_LINE + line)
            self._pending = True
        else:
            self.text(f"{line}\n")

    def output(self, raw: bytes) -> None:
        """What the server writes, as it is: a terminal is its own then, as without us."""
        if self._shows_output:
            self._write(_OUT, raw)
            self._pending = self._shares and not raw.endswith(b"\n")

    def say(self, sentence: str) -> None:
        self.text(f"swiftcfg: {plain(sentence)}\n")

    def text(self, text: str) -> None:
        line_end = "\n" if self._pending else ""
        self._pending = False
        self._tell(line_end + text)

    def _tell(self, text: str) -> None:
        self._write(_ERR, text.encode(sys.stderr.encoding if sys.stderr else "utf-8", "backslashreplace"))

    def _write(self, descriptor: int, content: bytes) -> None:
        """A full disk is told, and interrupts nothing: the log has what could not be shown."""
        if descriptor in self._deaf:
            return
        try:
            write_all(descriptor, content, lambda: self._interrupts.number is not None)
        except OSError as error:
            self._deaf.add(descriptor)
            if error.errno not in GONE:
                self.say(f"the server's output cannot be shown: {error.strerror}; its log has it")
            elif self._interrupts.number is None:
                self._interrupts.take(signal.SIGPIPE)


def _hold_descriptors() -> None:
    """Whoever closed one of the first three must not find a pipe of ours there: what is opened takes the lowest."""
    while (lowest := os.open(os.devnull, os.O_RDWR)) <= _ERR:
        os.set_inheritable(lowest, True)  # noqa: FBT003
    os.close(lowest)

"""The guard: sleeps beside the warden, and becomes the heir where the warden vanishes without farewell.

It sleeps as a shell that waits for a line, which takes a sixth of the memory of an interpreter.
"""
# ruff: noqa: PTH118, PTH120, S606  (pathlib is not light, and nothing of what the shell gets is read as a script)

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

HEIR = os.path.join(os.path.dirname(__file__), "heir.py")
_SHELL = "/bin/sh"
_SLEEP = 'read -r word || exec "$@"'


class Guard:
    """The warden's view of it."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self._word = -1

    def set_up(self, folder: str, inherits: Sequence[int]) -> None:
        """Start it. ``inherits`` are the descriptors that the heir takes over; -1 for one that is closed already."""
        waits, word = os.pipe()
        try:
            self.pid = os.fork()
            if not self.pid:
                _become([sys.executable, "-I", "-S", "-X", "utf8", HEIR, folder, *map(str, inherits)], waits, inherits)
        finally:
            os.close(waits)
        self._word = word

    def gone(self) -> None:
        """It was killed."""
        os.close(self._word)
        self.pid, self._word = None, -1

    def farewell(self) -> None:
        """The server has ended as it should: let the guard go, and wait until it has."""
        if self.pid is not None:
            with suppress(OSError):
                os.write(self._word, b"farewell\n")
                os.waitpid(self.pid, 0)
            self.gone()


def _become(heir: list[str], waits: int, inherits: Sequence[int]) -> NoReturn:
    """In a session of its own, so that what is sent to the warden's group does not reach both."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.setsid()
        os.dup2(waits, 0)
        for descriptor in inherits:
            if descriptor >= 0:
                os.set_inheritable(descriptor, True)  # noqa: FBT003
        with suppress(FileNotFoundError):
            os.execv(_SHELL, ["swiftcfg-guard", "-c", _SLEEP, "guard", *heir])
        os.execv(heir[0], heir)
    finally:
        os._exit(127)

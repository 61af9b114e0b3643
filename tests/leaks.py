"""Nothing may be left over: no process and with it no port, no open file of the test itself."""

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from swiftcfg.procfs import Process, processes
from swiftcfg.servers.members import descendants

_PR_SET_CHILD_SUBREAPER = 36
#: What has been told to end may take so long to vanish, on a machine that has much else to do.
PATIENCE_S = 20.0


@contextmanager
def no_leaks() -> Iterator[None]:
    """Fail where a process that was started inside, however far it has moved away, or a socket of one is left.

    This process becomes the one to which all orphans come, so that none can hide behind init.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, descriptors = _family(), _descriptors()
    try:
        yield
    finally:
        left = _left(before)
        for each in left:
            os.kill(each.pid, signal.SIGKILL)
        _reap(before)
    assert [(each.pid, each.name) for each in left] == []
    assert _descriptors() == descriptors


def _left(before: set[tuple[int, int]]) -> list[Process]:
    """Sockets need no look of their own: they are gone with the last process that holds them."""
    deadline = time.monotonic() + PATIENCE_S
    while left := [each for each in _living() if each.identity not in before]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    return left


def _living() -> list[Process]:
    return [each for each in descendants(os.getpid(), processes()) if each.lives]


def _family() -> set[tuple[int, int]]:
    return {each.identity for each in _living()}


def _reap(before: set[tuple[int, int]]) -> None:
    """Take the statuses of orphans that came to us."""
    for each in descendants(os.getpid(), processes()):
        if each.identity not in before:
            with suppress(ChildProcessError):
                os.waitpid(each.pid, 0)


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))

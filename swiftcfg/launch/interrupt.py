"""Interrupts: Ctrl-C and its like, told at moments when nothing is lost by it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

#: What ends a launch: Ctrl-C, the system, a terminal that goes away.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The user or the system wants the launch to end. No Exception, so that nobody takes it for a fault."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_status(self) -> int:
        """What shells report for a program that a signal ended."""
        return 128 + self.number


class Interrupts:
    """While they are ``kept``, signals wait for ``check``, except where ``at_once`` lets them break what goes on.

    ``again`` is called for every signal after the first.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.again: Callable[[], None] = lambda: None
        self._breaks = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """From here on signals are kept. Those that were ignored before stay so, as under nohup."""
        heeded = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._signalled) for number in heeded}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def take(self, number: int) -> None:
        """Note a signal, or what is as good as one."""
        if self.number is not None:
            self.again()
            return
        self.number = number
        if self._breaks:
            raise Interrupted(number)

    def check(self) -> None:
        """Raise Interrupted where a signal came."""
        if self.number is not None:
            raise Interrupted(self.number)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Here a signal raises Interrupted wherever the program is, in a request that takes long for example."""
        self.check()
        self._breaks = True
        try:
            yield
        finally:
            self._breaks = False

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Here no signal comes in: it reaches what this process becomes, or us afterwards. Raises what came before."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self.check()
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self.take(number)

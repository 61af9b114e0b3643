"""Start the server: a session of its own, three descriptors, default signals, and not before the word is given."""
# ruff: noqa: S606, PTH123  (the server is started without a shell)

import errno
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, NoReturn

#: Python ignores the first two, and whoever started us may ignore others; what is ignored stays so in a new program.
_SIGNALS = set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}


class Command(NamedTuple):
    argv: list[str]
    environment: dict[str, str]
    cwd: str


class Started:
    """A child that waits: ``go`` makes it the server, closing without it makes it vanish."""

    def __init__(self, command: Command, stdin: int, output: int) -> None:
        waits, self._word = os.pipe()
        self._fault, tells = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self.pid = os.fork()
            if not self.pid:
                os.close(self._word)
                _become(command, (stdin, output, output), waits, tells)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            os.close(waits)
            os.close(tells)

    def go(self) -> None:
        """Let it run; raises OSError where the program cannot be run."""
        os.write(self._word, b"go")
        os.close(self._word)
        with open(self._fault, "rb") as fault:
            told = fault.read()
        if told:
            number, _, path = told.decode("utf-8", "surrogateescape").partition(" ")
            raise OSError(int(number), os.strerror(int(number)), path)


def _become(command: Command, streams: Sequence[int], waits: int, tells: int) -> NoReturn:
    path = command.cwd
    try:
        os.setsid()
        if os.read(waits, 2) != b"go":
            os._exit(0)
        signal.set_wakeup_fd(-1)
        for number in _SIGNALS:
            with suppress(OSError, ValueError):  # the C library keeps two for itself
                signal.signal(number, signal.SIG_DFL)
        os.chdir(path)
        for target, source in enumerate(streams):
            os.dup2(source, target)
        path = command.argv[0]
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(path, command.argv, command.environment)
    except (OSError, ValueError) as error:  # the second for what no process can be given, such as a NUL byte
        fault = getattr(error, "errno", None) or errno.EINVAL
        os.write(tells, f"{fault} {path}".encode("utf-8", "surrogateescape"))
    finally:
        os._exit(127)


def pipe_of(text: str | None) -> int:
    """A descriptor to read the text from, which is never on disk; nothing can be read where it is None."""
    if text is None:
        return os.open(os.devnull, os.O_RDONLY)
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    try:
        content = text.encode("utf-8", "surrogateescape")
        if os.write(writes, content) < len(content):
            raise OSError(errno.EMSGSIZE, "it is too long for standard input")
    finally:
        os.close(writes)
    return reads

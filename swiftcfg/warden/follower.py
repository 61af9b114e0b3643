"""The follower: what an attached ``swiftcfg launch`` becomes once the server has been proved.

``python -I -S …/follower.py FEED LEASH WARDEN NAME [EPILOGUE …]``: copies what the server writes to the terminal, hands
Ctrl-C on, and ends with the server. Where the server ends unasked it becomes EPILOGUE, a command that says why.
"""
# ruff: noqa: PTH100, PTH120  (pathlib is not light, and -I -S leaves it to us where swiftcfg is)

import os
import select
import signal
import sys
from contextlib import suppress

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from swiftcfg.warden.frames import Event, FeedReader
from swiftcfg.warden.machine import signal_pipe
from swiftcfg.warden.outlet import GONE, write_all

#: Stopped as asked; by Ctrl-C, as shells report it; ended by itself, or its warden was killed.
STOPPED_STATUS, INTERRUPTED_STATUS, ENDED_STATUS = 0, 130, 5


class Follower:
    """``asked`` is the first signal that came, None as long as none has."""

    def __init__(self, feed: int, leash: int, name: str) -> None:
        self._feed, self._leash, self.name = feed, leash, name
        self._frames = FeedReader(feed)
        # Not SIGHUP: where the terminal is gone, to let go of the leash is the answer.
        self._signals = signal_pipe(*filter(_is_heeded, (signal.SIGINT, signal.SIGTERM)))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.Signals)  # what came while we were becoming this
        self._deaf: set[int] = set()
        self.asked: int | None = None
        self.ended: Event | None = None

    def follow(self) -> None:
        """Copy until the server has ended; ``ended`` says how, and stays None where the warden was killed."""
        happens = select.poll()
        for descriptor in (self._feed, self._signals):
            happens.register(descriptor, select.POLLIN)
        with suppress(EOFError):
            while self.ended is None:
                ready = {descriptor for descriptor, _ in happens.poll()}
                if self._signals in ready:
                    self._signalled()
                if self._feed in ready:
                    self._copy()

    def _signalled(self) -> None:
        """The first one asks the server to end, the next one ends it."""
        for number in os.read(self._signals, 64):
            self.say("stopping; once more ends it at once" if self.asked is None else "ending it at once")
            self._command(b"stop\n" if self.asked is None else b"kill\n")
            self.asked = self.asked or number

    def _command(self, line: bytes) -> None:
        with suppress(BrokenPipeError):  # the warden has ended, and the feed says how
            os.write(self._leash, line)

    def _copy(self) -> None:
        frame = self._frames.read(0)
        if frame is None:
            return
        self._show(1, frame.output)
        if frame.event.get("event") == "ended":
            self.ended = frame.event
        elif (tell := _TOLD.get(frame.event.get("event", ""))) is not None:
            self.say(tell.format(**frame.event))

    def _show(self, descriptor: int, data: bytes) -> None:
        """Whoever read what we print has gone: end the server as if the terminal had. A full disk ends nothing."""
        if descriptor in self._deaf:
            return
        try:
            write_all(descriptor, data, self._hurries)
        except OSError as error:
            self._deaf.add(descriptor)
            if error.errno in GONE:
                self._command(b"stop\n")
                self.asked = self.asked or signal.SIGTERM
            else:
                self.say(f"the server's output cannot be shown: {error.strerror}; its log has it")

    def _hurries(self) -> bool:
        """Asked while nobody reads: Ctrl-C counts all the same, and after it nobody is waited for."""
        with suppress(BlockingIOError):
            self._signalled()
        return self.asked is not None

    def say(self, text: str) -> None:
        self._show(2, f"swiftcfg: {self.name}: {text}\n".encode())


def _is_heeded(number: int) -> bool:
    """Signals that were ignored when this began stay so, as under nohup and behind ``&`` of a script."""
    return signal.getsignal(number) is not signal.SIG_IGN


#: What of the events is told.
_TOLD = {
    "left_out": "{bytes} bytes are left out here, they are in the log",
    "log_lost": "the log cannot be written: {why}",
    "stuck": "these processes do not end even when killed: {pids}",
}


def main(words: list[str]) -> int:
    feed, leash, warden = (int(word) for word in words[:3])
    follower = Follower(feed, leash, words[3])
    follower.follow()
    with suppress(ChildProcessError):
        os.waitpid(warden, 0)
    if follower.asked is None and words[4:]:
        os.execv(words[4], words[4:])  # noqa: S606  (there is no shell in it)
    follower.say(_end(follower.ended))
    if follower.asked is None and (follower.ended is None or follower.ended["by"] != "stop"):
        return ENDED_STATUS
    return INTERRUPTED_STATUS if follower.asked == signal.SIGINT else STOPPED_STATUS


def _end(ended: Event | None) -> str:
    if ended is None:
        return "ended, and so did what watched over it"
    killed = f", {_many(len(ended['killed']))} had to be killed" if ended["killed"] else ""
    return _HOW[ended["by"]] + (f" with status {ended['status']}" if ended["by"] == "itself" else "") + killed


def _many(count: int) -> str:
    return f"{count} process{'' if count == 1 else 'es'}"


_HOW = {
    "stop": "stopped",
    "leash": "stopped, as whoever had started it was gone",
    "guard": "stopped, as what watched over it was killed",
    "itself": "ended",
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Follow: what a server says while it starts, taken from its warden's feed as it comes."""

import time
from collections.abc import Callable
from typing import Any, Protocol

from swiftcfg.serverlog import Applied, Event, Lines, Listening, Measured, Stage, Witness, clean, events_in, furthest
from swiftcfg.warden.start import Warden

#: How long a server that does not stop to write is listened to before something else has its turn.
_FLOOD_S = 0.2


class Told(Protocol):
    """Who is told of a start as it goes on."""

    def stage(self, stage: Stage, elapsed_s: float) -> None: ...

    def output(self, raw: bytes) -> None: ...

    def say(self, sentence: str) -> None: ...


class Follow:
    """All that one server has said so far.

    ``exited`` tells that its first process is gone and the others are being ended, ``ended`` is the warden's word on
    the end of all of it, or that there was no start. ``vanished`` are the warden and its guard, without a word.
    """

    def __init__(self, warden: Warden, told: Told) -> None:
        self.warden = warden
        self.told = told
        self.began = time.monotonic()
        self.stage: Stage | None = None
        self.listening: Listening | None = None
        self.applied: dict[str, Applied] = {}
        self.measured: list[Measured] = []
        self.witness = Witness()
        self.started: dict[str, Any] | None = None
        self.exited = False
        self.ended: dict[str, Any] | None = None
        self.vanished = False
        self._lines = Lines()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.began

    @property
    def over(self) -> bool:
        """Whether nothing more will come: the server has ended, or its warden is gone."""
        return self.ended is not None or self.vanished

    def take(self, patience_s: float) -> None:
        """Handle what has come, waiting up to ``patience_s`` for the first of it; of an endless flood a part."""
        until = time.monotonic() + patience_s + _FLOOD_S
        while not self.over and time.monotonic() < until:
            try:
                frame = self.warden.frames.read(patience_s)
            except EOFError:
                self.vanished = True
                return
            if frame is None:
                return
            patience_s = 0.0
            if frame.output:
                self.told.output(frame.output)
                self._read(self._lines.feed(frame.output))
            else:
                self._note(frame.event)

    def until_over(self, patience_s: float) -> bool:
        """Wait for the end; False where it did not come in time."""
        return self.until(lambda: False, patience_s)

    def until(self, done: Callable[[], bool], patience_s: float) -> bool:
        """Wait until it is so or all is over; False where neither came in time."""
        deadline = time.monotonic() + patience_s
        while not (self.over or done()) and (left := deadline - time.monotonic()) > 0:
            self.take(left)
        return self.over or done()

    def _read(self, lines: list[str]) -> None:
        self.witness.see(lines)
        for event in events_in(lines):
            self._keep(event)

    def _keep(self, event: Event) -> None:
        if isinstance(event, Stage):
            self._enter(event)
        elif isinstance(event, Listening):
            self.listening = event
        elif isinstance(event, Applied):
            self.applied[event.name] = event
        else:
            self.measured.append(event)

    def _enter(self, stage: Stage) -> None:
        """Go on to a stage; what processes that start later say of an earlier one is passed over."""
        reached = furthest(self.stage.name if self.stage else "", [stage])
        if stage.name == reached and stage != self.stage:
            self.stage = stage
            self.told.stage(stage, self.elapsed_s)

    def _note(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        if kind == "started":
            self.started = event
        elif kind == "exited":
            self.exited = True
        elif kind in {"ended", "refused"}:
            self._read(self._lines.end())
            self.ended = event
            if not self.witness.lines:
                self._read([clean(line.encode("utf-8", "replace")) for line in event.get("tail", ())])
        elif kind in _WORRIES:
            self.told.say(_WORRIES[kind].format(**event))


#: What a warden tells while the server goes on.
_WORRIES = {
    "log_lost": "{lines} lines of output could not be written to the log: {why}",
    "left_out": "{bytes} bytes of output came too fast to be shown here; the log has them",
    "state_lost": "the state of the server cannot be written, and is tried again: {why}",
    "stuck": "processes that were killed are still there, which a driver that hangs can do: {pids}",
}

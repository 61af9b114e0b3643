"""The warden's end of the feed: it never waits for the reader; what the reader is too slow for is counted."""

import json
import os
import time
from collections import deque
from select import POLLOUT, poll

from swiftcfg.warden.frames import EVENT, OUTPUT, packed

#: Output that waits for a slow reader; beyond it output is left out, events are not. Chosen.
BUFFER_BYTES = 2**20
#: How long the last frames wait for a reader who is slow. Chosen.
FAREWELL_S = 10.0


class Feed:
    """Frames on their way. A reader that has gone (-1) is no fault: the feed is closed and takes what comes."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor if descriptor >= 0 else None
        if self.descriptor is not None:
            os.set_blocking(self.descriptor, False)
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._left_out = 0

    @property
    def waits(self) -> bool:
        """Whether there is something to write as soon as the reader has made room."""
        return bool(self._waiting) and self.descriptor is not None

    def output(self, data: bytes) -> None:
        if self._bytes + len(data) > BUFFER_BYTES:
            self._left_out += len(data)
        elif data:
            self._say_left_out()
            self._put(packed(OUTPUT, data))

    def event(self, name: str, **values: object) -> None:
        self._say_left_out()
        self._put(packed(EVENT, json.dumps({"event": name, **values}).encode()))

    def _say_left_out(self) -> None:
        if self._left_out:
            left_out, self._left_out = self._left_out, 0
            self.event("left_out", bytes=left_out)

    def _put(self, frame: bytes) -> None:
        if self.descriptor is not None:
            self._waiting.append(frame)
            self._bytes += len(frame)
            self.flush()

    def flush(self) -> None:
        """Write what the reader has room for."""
        while self._waiting and self.descriptor is not None:
            try:
                written = os.write(self.descriptor, self._waiting[0])
            except BlockingIOError:
                return
            except OSError:  # nobody reads any more
                self.close()
                return
            self._bytes -= written
            rest = self._waiting.popleft()[written:]
            if rest:
                self._waiting.appendleft(rest)

    def drain(self, patience_s: float) -> None:
        """Wait until the reader has all of it, but not longer than that."""
        deadline = time.monotonic() + patience_s
        while self.waits and (left := deadline - time.monotonic()) > 0:
            room = poll()
            room.register(self.descriptor or 0, POLLOUT)
            room.poll(left * 1000)
            self.flush()

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
        self.descriptor = None
        self._waiting.clear()
        self._bytes = 0

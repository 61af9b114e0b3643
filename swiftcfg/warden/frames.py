"""The feed: frames from the warden to who follows it. One byte of kind, four of length (big-endian), the content."""

import json
import os
import select
import struct
import time
from typing import Any, NamedTuple

OUTPUT, EVENT = b"o", b"e"
_HEAD = struct.Struct(">cI")

Event = dict[str, Any]


class Frame(NamedTuple):
    """Bytes that the server wrote, or an event that the warden tells; one of them is empty."""

    output: bytes
    event: Event


def packed(kind: bytes, content: bytes) -> bytes:
    return _HEAD.pack(kind, len(content)) + content


class FeedReader:
    """Reads frames one at a time and never beyond one, so that the descriptor can be handed on between two."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def read(self, timeout_s: float | None = None) -> Frame | None:
        """The next frame; None where none came in that time. Raises EOFError when the warden is gone."""
        if not self._poll.poll(None if timeout_s is None else max(0.0, timeout_s) * 1000):
            return None
        kind, length = _HEAD.unpack(self._exactly(_HEAD.size))
        content = self._exactly(length)
        return Frame(content, {}) if kind == OUTPUT else Frame(b"", json.loads(content))

    def until(self, name: str, timeout_s: float) -> Event | None:
        """The next event of that name, what comes before it is dropped; None where none came in that time."""
        deadline = time.monotonic() + timeout_s
        while (frame := self.read(deadline - time.monotonic())) is not None:
            if frame.event.get("event") == name:
                return frame.event
        return None

    def _exactly(self, length: int) -> bytes:
        parts = []
        while length:
            part = os.read(self._descriptor, length)
            if not part:
                raise EOFError("the warden is gone")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

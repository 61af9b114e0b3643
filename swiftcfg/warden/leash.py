"""The warden's end of the leash: commands, one a line, until whoever holds it lets go."""

import json
import os
from collections.abc import Iterator

from swiftcfg.servers.folder import READ_BYTES

#: What is said when the other end is closed, by whatever that happened.
GONE = "gone"


class Leash:
    """``descriptor`` is None once nobody holds the leash any more."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor: int | None = descriptor
        self._open = b""

    def read(self) -> Iterator[tuple[str, object]]:
        """The commands that have come, each with its value."""
        if self.descriptor is None:
            return
        data = os.read(self.descriptor, READ_BYTES)
        *lines, self._open = (self._open + data).split(b"\n")
        yield from map(_command, lines)
        if not data:
            self.close()
            yield GONE, None

    def close(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
        self.descriptor = None


def _command(line: bytes) -> tuple[str, object]:
    word, _, value = line.decode("utf-8", "replace").partition(" ")
    try:
        return word, json.loads(value) if value else None
    except ValueError:
        return "", None

"""Writing to who reads along, a terminal or a pipe, without being caught by one that does not read."""

import errno
import os
import select
from collections.abc import Callable
from contextlib import suppress

#: Nobody reads any more: the other end of a pipe is closed, a terminal is gone.
GONE = (errno.EPIPE, errno.EIO)
#: A pipe that tells of room has it for so much (POSIX: PIPE_BUF), so that no write waits.
_PIECE_BYTES = 4096
#: Between two looks whether to give up while there is no room. Chosen.
_LOOK_MS = 200


def write_all(descriptor: int, data: bytes, gives_up: Callable[[], bool]) -> None:
    """Write as there is room; ``gives_up`` is asked while there is none. Raises OSError where nothing can be."""
    room = select.poll()
    room.register(descriptor, select.POLLOUT)
    while data:
        while not room.poll(0):
            if gives_up():
                return
            room.poll(_LOOK_MS)
        with suppress(BlockingIOError):  # somebody has made it one that never waits
            data = data[os.write(descriptor, data[:_PIECE_BYTES]) :]

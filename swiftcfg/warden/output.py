"""What the server writes: read from its pipe, secrets hidden, then into the log, the feed and the last lines."""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress

from swiftcfg.servers.folder import READ_BYTES
from swiftcfg.warden.feed import Feed
from swiftcfg.warden.logfile import LogFile
from swiftcfg.warden.tail import Tail
from swiftcfg.warden.veil import Veil

#: What a server may write before it has to wait for us. Chosen.
PIPE_BYTES = 256 * 1024


class Output:
    """``log_changed`` is told when the log begins to lose lines, and when it no longer does.

    ``source`` is read by the warden, ``sink`` is the server's standard output; None once it is closed.
    """

    def __init__(self, veil: Veil, log: LogFile, feed: Feed, log_changed: Callable[[], None]) -> None:
        source, self.sink = os.pipe()
        os.set_blocking(source, False)
        with suppress(OSError):  # a user may have only so much in pipes
            fcntl.fcntl(source, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.source: int | None = source
        self.tail = Tail()
        self._veil, self._log, self._feed, self._log_changed = veil, log, feed, log_changed

    def read(self) -> bool:
        """Take what is there, once; False where nothing was."""
        if self.source is None:
            return False
        try:
            data = os.read(self.source, READ_BYTES)
        except BlockingIOError:
            return False
        if data:
            self._take(self._veil.feed(data))
        else:
            self._end()
        return True

    def note(self, text: str) -> None:
        """A line of the warden's own, in the log alone."""
        self._keep(f"[swiftcfg: {text}]\n".encode())

    def finish(self) -> None:
        """Take all that is left: nobody who writes is left either, or all that do are strangers."""
        left = PIPE_BYTES + READ_BYTES
        while left > 0 and self.read():
            left -= READ_BYTES
        if self.source is not None:
            self._end()

    def _end(self) -> None:
        os.close(self.source or 0)
        self.source = None
        self._take(self._veil.flush())

    def _take(self, data: bytes) -> None:
        if data:
            self._keep(data)
            self._feed.output(data)
            self.tail.feed(data)

    def _keep(self, data: bytes) -> None:
        if self._log.write(data):
            self._log_changed()

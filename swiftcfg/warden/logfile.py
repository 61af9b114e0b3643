"""The log of a server on disk: rotated by size; a disk that takes no more loses lines, which are counted."""

# ruff: noqa: PERF203  (a full disk is looked at again after each write)

import errno
import os
import time
from contextlib import suppress
from itertools import pairwise

from swiftcfg.servers.folder import LOG, LOGS, ServerFolder

#: A log of this size is put aside. Chosen.
FILE_BYTES = 16 * 2**20
#: After a fault nothing is tried for so long; a full disk is no reason to be busy. Chosen.
PAUSE_S = 1.0


class LogFile:
    """Takes bytes and never fails. ``lost`` lines are those since the last fault began."""

    def __init__(self, folder: ServerFolder) -> None:
        self._folder = folder
        self._file: int | None = None
        self._bytes = 0
        self._retry_at = 0.0
        self.lost = 0
        self.why: str | None = None

    def rotate(self) -> None:
        """The log becomes the newest of the older parts, the oldest one goes."""
        self.close()
        for newer, older in reversed(list(pairwise(LOGS))):
            with suppress(FileNotFoundError):
                self._folder.rename(newer, older)

    def write(self, data: bytes) -> bool:
        """True where this was the first loss, or ended one: there is something to tell."""
        if self.why is not None and time.monotonic() < self._retry_at:
            self.lost += data.count(b"\n")
            return False
        before = self.why
        if before is not None:
            data = f"\n[swiftcfg: {self.lost} lines are missing here: {before}]\n".encode() + data
        rest, fault = self._append(data)
        if fault is not None:
            self.lost = (0 if before is None else self.lost) + rest.count(b"\n")
            self._retry_at = time.monotonic() + PAUSE_S
        self.why = None if fault is None else fault.strerror or str(fault)
        return (before is None) != (self.why is None)

    def _append(self, data: bytes) -> tuple[bytes, OSError | None]:
        """Write all of it, or give back what is left and why."""
        while data:
            try:
                file = self._opened()
                written = os.write(file, data[: FILE_BYTES - self._bytes])
            except OSError as error:
                if error.errno != errno.EFBIG or not self._bytes:
                    return data, error
                self._bytes = FILE_BYTES  # RLIMIT_FSIZE lets it grow no more: it is full, a new one may be begun
            else:
                self._bytes += written
                data = data[written:]
        return data, None

    def _opened(self) -> int:
        """The log, a new one where it is full or somebody has removed it."""
        if self._file is not None and not os.fstat(self._file).st_nlink:
            self.close()
        file = self._open() if self._file is None else self._file
        if self._bytes < FILE_BYTES:
            return file
        self.rotate()
        return self._open()

    def _open(self) -> int:
        self._file = self._folder.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._bytes = os.fstat(self._file).st_size
        return self._file

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file, self._bytes = None, 0

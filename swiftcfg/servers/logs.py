"""Reading the log of a server from its oldest part on, and on as it grows, over rotations."""

import os
from contextlib import suppress

from swiftcfg.servers.folder import LOGS, READ_BYTES, ServerFolder


class LogReader:
    """Reads the log from its oldest part on, each byte once, whatever is rotated meanwhile."""

    def __init__(self, folder: ServerFolder) -> None:
        self._folder = folder
        self._files = self._newer_than(None)

    def read(self) -> bytes:
        """The next bytes; empty where there are none yet."""
        while self._files:
            if data := os.read(self._files[0], READ_BYTES):
                return data
            if os.fstat(self._files[0]).st_size < os.lseek(self._files[0], 0, os.SEEK_CUR):
                os.lseek(self._files[0], 0, os.SEEK_SET)  # somebody has emptied it: what comes now is at its beginning
                continue
            if len(self._files) == 1:
                newer = self._newer_than(self._files[0])
                if not newer:
                    return b""
                self._files += newer  # nothing is written to the first one any more: what it got last is read now
                continue
            os.close(self._files.pop(0))
        self._files = self._newer_than(None)
        return os.read(self._files[0], READ_BYTES) if self._files else b""

    def close(self) -> None:
        while self._files:
            os.close(self._files.pop())

    def _newer_than(self, file: int | None) -> list[int]:
        """The parts begun since, oldest first. From the newest one on, so that a rotation hides none meanwhile."""
        known = {_inode(file)} if file is not None else set()
        found: list[int] = []
        for name in LOGS:
            with suppress(FileNotFoundError):
                found.append(self._folder.open(name, os.O_RDONLY))
                inode = _inode(found[-1])
                if inode in known:
                    os.close(found.pop())
                    if file is not None and inode == _inode(file):
                        break
                known.add(inode)
        return found[::-1]


def _inode(descriptor: int) -> int:
    return os.fstat(descriptor).st_ino

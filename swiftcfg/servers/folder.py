"""The folder of one server: 0700, its files 0600 whatever the umask is, and no symbolic link in it is followed."""
# ruff: noqa: PTH102, PTH123  (strings, not paths: the warden uses this, and pathlib is not light)

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

STATE, LOCK, LOG, REQUEST = "state.json", "lock", "log", "stop.json"
#: The log as it is written, and the older parts of it, newest first.
LOGS = (LOG, "log.1", "log.2")
#: What is being written has this ending until it is whole.
WRITING = ".new"
#: All that ever lies in such a folder.
FILES = (STATE, LOCK, *LOGS, REQUEST, STATE + WRITING, REQUEST + WRITING)
#: How much is read of a pipe or a file at a time. Chosen.
READ_BYTES = 2**16
#: Between tries to get the lock. Chosen.
_LOCK_PAUSES_S = (0.01, 0.03, 0.1, 0.3, 0.0)


class ServerFolder:
    """An open folder. Everything is done through its descriptor, so that nobody can put another one in its place."""

    def __init__(self, path: str, *, make: bool = False) -> None:
        if make:
            _make(path)
        self.path = path
        self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        if os.fstat(self.descriptor).st_uid != os.geteuid():
            self.close()
            raise PermissionError(errno.EPERM, "it belongs to another user", path)
        if make:
            os.fchmod(self.descriptor, 0o700)

    def close(self) -> None:
        os.close(self.descriptor)

    def open(self, name: str, flags: int) -> int:
        """The descriptor of a regular file; raises OSError for a link, a pipe or another user's file."""
        flags |= os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(name, flags, 0o600, dir_fd=self.descriptor)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            os.close(descriptor)
            raise PermissionError(errno.EPERM, "it is no file of ours", os.path.join(self.path, name))  # noqa: PTH118
        if flags & os.O_CREAT:
            os.fchmod(descriptor, 0o600)
        return descriptor

    def read(self, name: str, limit: int = 2**20) -> bytes:
        with open(self.open(name, os.O_RDONLY), "rb") as file:
            return file.read(limit)

    def replace(self, name: str, content: bytes) -> None:
        """Write a file anew in one step: who reads sees the old content or the new one."""
        self.remove(name + WRITING)
        with open(self.open(name + WRITING, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.write(content)
        self.rename(name + WRITING, name)

    def rename(self, old: str, new: str) -> None:
        os.rename(old, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.descriptor)

    def lock(self) -> int | None:
        """Hold the name: a descriptor that keeps it while it or a copy of it is open; None where another has it.

        Whoever only looks whether it is held holds it for a moment too, so this tries more than once. A file that was
        removed by the one who held it before is no lock; then FileNotFoundError is raised, and the folder is gone too.
        """
        descriptor = self.open(LOCK, os.O_RDWR | os.O_CREAT)
        for pause_s in _LOCK_PAUSES_S:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(descriptor).st_nlink:
                    return descriptor
                os.close(descriptor)
                raise FileNotFoundError(errno.ENOENT, "it was removed meanwhile", self.path)
            time.sleep(pause_s)
        os.close(descriptor)
        return None

    def is_held(self) -> bool:
        """Whether somebody keeps the name now."""
        try:
            descriptor = self.open(LOCK, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def clear(self) -> None:
        """Remove every file that may lie here and no other, the lock last."""
        for name in (*(name for name in FILES if name != LOCK), LOCK):
            self.remove(name)


def _make(path: str) -> None:
    """Make the folder, and those above it that are missing, open to this user alone."""
    for folder in _missing(path):
        with suppress(FileExistsError):  # made meanwhile by another; whose it is, is looked at when it is opened
            os.mkdir(folder, 0o700)
            os.chmod(folder, 0o700)  # noqa: PTH101  (the umask may have taken away what we need ourselves)


def _missing(path: str) -> Iterator[str]:
    if not os.path.lexists(path):
        yield from _missing(os.path.dirname(path) or os.curdir)  # noqa: PTH120
        yield path


class HeldError(Exception):
    """Another warden holds the name."""


def held_folder(path: str, name: str) -> tuple[ServerFolder, int]:
    """The folder of a server, made where it is missing, and its lock; somebody may be just removing an old one."""
    for _ in range(3):
        with suppress(FileNotFoundError):
            folder = ServerFolder(path, make=True)
            lock = folder.lock()
            if lock is None:
                raise HeldError(f"another launch holds the name {name}")
            return folder, lock
    raise HeldError(f"the folder of {name} is being removed again and again")

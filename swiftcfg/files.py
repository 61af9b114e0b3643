"""Files that users name: read with a bound, written whole or not at all, never over another file by accident."""
# ruff: noqa: PTH105, PTH108, PTH111, PTH112, PTH113, PTH118, PTH120, PTH123
# (pathlib drops a final slash, and its questions raise on names that are too long or whose folder is closed to us)

import errno
import os
import select
import stat
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path
from shlex import quote
from typing import BinaryIO

from swiftcfg.errors import InputError, MachineError, SwiftcfgError
from swiftcfg.units import MIB

STDIN = "-"

#: What a file of settings, a profile or a script may hold; more is somebody's weights given by mistake.
READ_LIMIT = 2**20
#: How long nothing may come out of a named pipe: it may be that nobody will ever write to it.
PIPE_PATIENCE_S = 5.0


def shown_name(path: str) -> str:
    """The path as messages write it: quoted where a shell would need it, ``standard input`` for ``-``."""
    return "standard input" if path == STDIN else quote(path.encode(errors="backslashreplace").decode())


def expanded(path: str) -> Path:
    """The path with ``~`` replaced, where whose home is meant can be told."""
    return Path(os.path.expanduser(path))


def is_file(path: Path) -> bool:
    """Whether there is a file of that name; False wherever that cannot be told."""
    return os.path.isfile(path)


def is_folder(path: Path) -> bool:
    """Whether there is a folder of that name; False wherever that cannot be told."""
    return os.path.isdir(path)


def folders_in(folder: Path) -> list[str]:
    """The names of the folders in ``folder``; none where it may not be listed."""
    with suppress(OSError), os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir()]
    return []


def read_bytes(path: str, limit: int = READ_LIMIT) -> bytes:
    """The content of a file, or of standard input for ``-``; raises InputError where there is none or too much."""
    if path == STDIN and sys.stdin is None:
        raise InputError("standard input is closed", "give the name of a file, or redirect one")
    try:
        if path == STDIN:
            content = sys.stdin.buffer.read(limit + 1)
        else:
            with _opened(path) as file:
                content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise _read_fault(path, error) from None
    if len(content) > limit:
        raise InputError(f"{shown_name(path)} is larger than {limit / MIB:g} MiB", "check that it is the right file")
    return content


def _opened(path: str) -> BinaryIO:
    """The file, opened for reading; raises InputError for a named pipe that nobody writes to."""
    if not _is_named_pipe(path):
        return open(path, "rb")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    pipe = select.poll()
    pipe.register(descriptor, select.POLLIN)
    if not pipe.poll(1000 * PIPE_PATIENCE_S):
        os.close(descriptor)
        raise InputError(f"nothing comes out of the pipe {shown_name(path)}", "start what writes to it")
    os.set_blocking(descriptor, True)
    return open(descriptor, "rb")


def _is_named_pipe(path: str) -> bool:
    """Whether it is a pipe in a folder; those of ``<(…)`` have somebody who writes, and may take their time."""
    with suppress(OSError, ValueError):
        return stat.S_ISFIFO(os.lstat(os.path.realpath(path)).st_mode)
    return False


def _read_fault(path: str, error: OSError | ValueError) -> SwiftcfgError:
    shown = shown_name(path)
    if not isinstance(error, OSError):
        return InputError(f"{shown} is not a file name", "a file name has no NUL byte")
    faults = {
        errno.ENOENT: (f"there is no file {shown}", "check the spelling and the folder you are in"),
        errno.EISDIR: (f"{shown} is a folder", "name a file"),
        errno.ENOTDIR: (f"{shown} goes through something that is not a folder", "check the path"),
        errno.EACCES: (f"no permission to read {shown}", "look at: ls -l " + shown),
        errno.EPERM: (f"no permission to read {shown}", "look at: ls -l " + shown),
        errno.ENAMETOOLONG: (f"{shown} is too long for a file name", "check that it is the name of a file"),
        errno.ELOOP: (f"{shown} goes round in a circle of symbolic links", "look at: ls -l " + shown),
    }
    if error.errno in faults:
        return InputError(*faults[error.errno])
    return MachineError(f"cannot read {shown}: {error.strerror}", "look at: ls -l " + shown)


def write_new(path: str, text: str, *, mode: int = 0o644, force: bool = False) -> None:
    """Write ``text`` to ``path`` in one step: whoever looks sees the old file, no file, or the whole new one.

    Without ``force`` nothing that exists is ever replaced, not even what appears while this runs, and
    not a symbolic link. With ``force`` a link stays and what it points to is replaced. The umask
    clears bits of ``mode`` as for any new file. Bytes of paths that are not UTF-8 are written as they came.
    """
    content = _encoded(text)
    if not path or "\0" in path:
        raise InputError(f"{shown_name(path)} is not a file name", "name a file, such as deploy.sh")
    target = os.path.realpath(path) if force else path
    _refuse_what_is_there(path, target, force=force)
    temporary = _temporary_beside(target)
    try:
        try:
            _write_whole(temporary, content, mode)
            _put_in_place(temporary, target, force=force)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
    except OSError as error:
        raise _write_fault(path, target, error) from None


def replace_content(path: str, before: bytes, after: bytes) -> None:
    """Put other content into a file; its permissions and owner stay, and every link to it.

    Where a new file can take its place that is one step. A file that has other names, or belongs to somebody else,
    is written into, with the whole new content beside it until that is done. Raises InputError where the file is no
    longer what was read as ``before``.
    """
    target = os.path.realpath(path)
    _refuse_what_is_there(path, target, force=True)
    if read_bytes(target) != before:
        raise InputError(f"{shown_name(path)} has changed while it was checked", "run this again")
    try:
        old = os.lstat(target)
        if old.st_nlink > 1 or not _may_give_to(old):
            if not os.access(target, os.W_OK):
                raise InputError(f"no permission to write {shown_name(path)}", "look at: ls -l " + shown_name(path))
            _write_into(target, before, after)
        else:
            _write_over(target, old, after)
    except OSError as error:
        raise _write_fault(path, target, error) from None


def _may_give_to(old: os.stat_result) -> bool:
    """Whether a new file can have the owner and the group of this one; only root gives files away."""
    return os.geteuid() == 0 or (old.st_uid == os.geteuid() and old.st_gid in (os.getegid(), *os.getgroups()))


def _write_over(target: str, old: os.stat_result, after: bytes) -> None:
    temporary = _temporary_beside(target)
    try:
        _write_whole(temporary, after, 0o600)
        os.chown(temporary, old.st_uid, old.st_gid)
        Path(temporary).chmod(stat.S_IMODE(old.st_mode))
        os.replace(temporary, target)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _write_into(target: str, before: bytes, after: bytes) -> None:
    """Write the file itself. What fails half way is undone; after a crash its old content lies in a copy beside it."""
    copy = _temporary_beside(target)
    with open(target, "r+b", buffering=0) as file:
        try:
            _write_whole(copy, before, 0o600)
            _refill(file, after)
        except OSError:
            _refill(file, before)
            with suppress(FileNotFoundError):
                os.unlink(copy)
            raise
    os.unlink(copy)


def _refill(file: FileIO, content: bytes) -> None:
    file.seek(0)
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
    file.truncate()
    os.fsync(file.fileno())


def _temporary_beside(target: str) -> str:
    return os.path.join(os.path.dirname(target) or ".", f".swiftcfg-{os.urandom(8).hex()}")


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        character = text[error.start]
        raise InputError(
            f"the text to write holds U+{ord(character):04X}, half a character that no file can hold",
            "look for a cut-off emoji in the names and values given",
        ) from None


def _refuse_what_is_there(path: str, target: str, *, force: bool) -> None:
    """Raise InputError where something exists that must stay; a folder, device or pipe must stay always."""
    shown = shown_name(path)
    if path.endswith("/") or os.path.isdir(path):
        raise InputError(f"{shown} is a folder", "name a file in it, such as " + quote(os.path.join(path, "deploy.sh")))
    if not os.path.lexists(target):
        return
    if not force:
        raise InputError(f"{shown} exists already", "give --force to replace it, or another name")
    if not stat.S_ISREG(os.lstat(target).st_mode):
        raise InputError(f"{shown} is not a regular file", "print the text instead, and redirect that")


def _write_whole(temporary: str, content: bytes, mode: int) -> None:
    """Write a file that does not exist yet and wait until it is on the disk."""
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


#: What file systems without hard links answer (FAT, some network and container mounts).
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def _put_in_place(temporary: str, target: str, *, force: bool) -> None:
    """Give the file its name; os.link fails where the name is taken, os.replace does not."""
    if not force:
        try:
            os.link(temporary, target)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))  # claims the name, or fails
        else:
            return
    os.replace(temporary, target)


def _write_fault(path: str, target: str, error: OSError) -> SwiftcfgError:
    shown, folder = shown_name(path), shown_name(os.path.dirname(target) or os.curdir)
    make = f"make it with: mkdir -p {folder}" if os.path.dirname(target) else "change to a folder that exists"
    if isinstance(error, FileExistsError):
        return InputError(f"{shown} exists already", "give --force to replace it, or another name")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return MachineError(f"no space left in {folder} for {shown}", "look at: df -h " + folder)
    faults = {
        errno.ENOENT: (f"the folder {folder} does not exist", make),
        errno.ENOTDIR: (f"{folder} is not a folder", "name a file in a folder that exists"),
        errno.EACCES: (f"no permission to write in {folder}", "name a file in a folder of your own"),
        errno.EPERM: (f"no permission to write in {folder}", "name a file in a folder of your own"),
        errno.EROFS: (f"{folder} can only be read", "name a file on a disk that can be written"),
        errno.ENAMETOOLONG: (f"{shown} is too long for a file name", "give a shorter one"),
        errno.ELOOP: (f"{shown} goes round in a circle of symbolic links", "look at: ls -l " + folder),
    }
    if error.errno in faults:
        return InputError(*faults[error.errno])
    return MachineError(f"cannot write {shown}: {error.strerror}")

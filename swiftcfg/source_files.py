"""Which files are meant: names as they are, folders for what may hold a deploy, patterns, ``-`` for standard input."""

import os
from collections.abc import Callable, Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from swiftcfg.errors import InputError
from swiftcfg.files import READ_LIMIT, STDIN, is_folder, shown_name
from swiftcfg.sources import may_hold_a_call
from swiftcfg.values import dataclass

#: Folders that hold what others wrote.
_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "env", "build", "dist"})
#: Words without which no kind of file starts ms-swift, or is settings for it.
_SIGNS = (b"swift", b"infer_backend", b"model")


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and whether somebody named it or it was found in a folder."""

    path: str
    named: bool


def find_files(names: Iterable[str], tell: Callable[[InputError], None]) -> Iterator[Found]:
    """Every file that is meant, once; ``tell`` gets patterns that nothing matches and folders that cannot be listed.

    Of a folder those files are taken whose name and content may hold a call; hidden folders are left out, save
    .github.
    """
    seen: set[str] = set()
    for name in names:
        for found in _files_of(name, tell):
            real = found.path if found.path == STDIN else os.path.realpath(found.path)
            if real not in seen:
                seen.add(real)
                yield found


def _files_of(name: str, tell: Callable[[InputError], None]) -> Iterator[Found]:
    if name and name != STDIN and is_folder(Path(name)):
        yield from (Found(path, named=False) for path in _below(name, tell))
    elif name != STDIN and not os.path.lexists(name) and has_magic(name):
        yield from _matching(name, tell)
    else:
        yield Found(name, named=True)


def _matching(pattern: str, tell: Callable[[InputError], None]) -> Iterator[Found]:
    found = sorted(glob(pattern, recursive=True))  # noqa: PTH207  (keeps the path as it is written)
    if not found:
        tell(InputError(f"no file matches {shown_name(pattern)}", "check the spelling and the folder you are in"))
    for path in found:
        if is_folder(Path(path)):
            yield from (Found(below, named=False) for below in _below(path, tell))
        else:
            yield Found(path, named=True)


def _below(folder: str, tell: Callable[[InputError], None]) -> Iterator[str]:
    def closed(error: OSError) -> None:
        shown = shown_name(str(error.filename))
        tell(InputError(f"cannot list the folder {shown}: {error.strerror}", f"look at: ls -ld {shown}"))

    for parent, folders, files in os.walk(folder, onerror=closed):
        folders[:] = sorted(each for each in folders if each not in _SKIPPED and not _is_hidden(each))
        for name in sorted(files):
            path = f"{parent.rstrip('/')}/{name}"
            if may_hold_a_call(path) and _has_signs(path):
                yield path


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name != ".github"


def _has_signs(path: str) -> bool:
    """Whether a glance into a file finds a word that every call has; what may not be read is reported later.

    Pipes, dangling links and files too large for anybody to have written are nobody's deployment.
    """
    if not os.path.isfile(path) or os.path.getsize(path) > READ_LIMIT:  # noqa: PTH113, PTH202
        return False
    try:
        with Path(path).open("rb") as file:
            content = file.read(READ_LIMIT)
    except OSError:
        return True
    return any(sign in content for sign in _SIGNS)

"""Many files at once: by several processes where that is quicker, with the same answers in the same order."""

import os
import pickle
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from itertools import chain, islice
from typing import Any

from swiftcfg.check import Options, every_rule, read_file
from swiftcfg.errors import InputError, SwiftcfgError
from swiftcfg.rule import Rule
from swiftcfg.source_files import Found
from swiftcfg.validate import Checked
from swiftcfg.values import dataclass

#: Files from which on a second process pays: starting one takes about as long as checking ten.
WORTH_SPLITTING = 64
_CHUNK = 8
_MOST_PROCESSES = 8


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each file: check it; also mend it, with unsafe fixes too; whether a call must be in it."""

    options: Options
    mend: bool = False
    unsafe: bool = False
    skip_others: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """A file as it is, and as fixes leave it."""

    checked: Checked
    mended: Checked | None


#: None: the file holds no call, and nobody said that it does.
Result = Examined | SwiftcfgError | None


def examine_all(files: Sequence[Found], task: Task) -> Iterator[Result]:
    """The result of every file, in their order."""
    processes = min(_MOST_PROCESSES, len(os.sched_getaffinity(0)))
    if len(files) < WORTH_SPLITTING or processes < 2 or not hasattr(os, "fork"):  # noqa: PLR2004
        return (examine(found, task) for found in files)
    first = examine(files[0], task)  # what it loads, the others have after the fork
    return chain([first], _split(files[1:], task, processes))


def examine(found: Found, task: Task) -> Result:
    try:
        return _examined(found, task)
    except SwiftcfgError as error:
        return error


def _examined(found: Found, task: Task) -> Examined | None:
    document = read_file(found.path, task.options)
    must = found.named and not task.skip_others
    if not must and not document.is_meant():
        return None
    checked = document.checked()
    if not checked.calls and not checked.findings:
        if must:
            hint = checked.fault or "name a file that runs it"
            raise InputError(f"there is no swift deploy in {document.name}", hint)
        return None
    return Examined(checked, document.mended(unsafe=task.unsafe) if task.mend else None)


def _split(files: Sequence[Found], task: Task, processes: int) -> Iterator[Result]:
    import multiprocessing  # noqa: PLC0415  (15 ms that few files need not pay)
    import signal  # noqa: PLC0415
    import threading  # noqa: PLC0415

    if threading.active_count() > 1:  # NVML still has not answered; a fork could hang
        yield from (examine(found, task) for found in files)
        return
    items = iter(files)
    chunks = iter(lambda: list(islice(items, _CHUNK)), [])
    deaf = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the pool, without a traceback of every process
    with multiprocessing.get_context("fork").Pool(processes, signal.signal, deaf) as pool:
        for content in pool.imap(_examine_chunk, ((chunk, task) for chunk in chunks)):
            yield from _Reader(BytesIO(content)).load()


def _examine_chunk(work: tuple[Sequence[Found], Task]) -> bytes:
    files, task = work
    content = BytesIO()
    _Writer(content, pickle.HIGHEST_PROTOCOL).dump([_portable(examine(found, task)) for found in files])
    return content.getvalue()


class _Portable:
    """An error on its way: exceptions lose what is not among their arguments."""

    def __init__(self, error: SwiftcfgError) -> None:
        self.kind, self.sentence, self.hint = type(error), error.sentence, error.hint


def _portable(result: Result) -> Examined | _Portable | None:
    return _Portable(result) if isinstance(result, SwiftcfgError) else result


class _Writer(pickle.Pickler):
    """Rules travel by their codes: their pages would be most of what is sent."""

    def persistent_id(self, obj: Any) -> str | None:
        return obj.code if isinstance(obj, Rule) else None


class _Reader(pickle.Unpickler):
    def persistent_load(self, code: str) -> Rule:
        return _rules()[code]

    def load(self) -> Iterator[Result]:
        for result in super().load():
            yield result.kind(result.sentence, result.hint) if isinstance(result, _Portable) else result


@cache
def _rules() -> dict[str, Rule]:
    return {rule.code: rule for rule in every_rule()}

"""Several processes that check files; what they find comes back as bytes."""

import multiprocessing
import pickle
import signal
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from itertools import islice
from typing import Any

from swiftcfg.check import every_rule
from swiftcfg.check_many.examine import Examined, Result, Task, examine
from swiftcfg.errors import SwiftcfgError
from swiftcfg.rule import Rule
from swiftcfg.source_files import Found

_CHUNK = 8


def split(files: Sequence[Found], task: Task, processes: int) -> Iterator[Result]:
    """The results of files, in their order."""
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

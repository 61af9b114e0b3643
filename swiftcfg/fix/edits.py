"""Edits: what to write where in the text so that one call means something else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put ``text`` in the place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    text: str


class CannotWriteError(Exception):
    """The text gives no place for a change; the message says why, as the end of a sentence."""


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, all of which refer to the text as it was."""
    return "".join(_pieces(text, sorted(set(edits))))


def _pieces(text: str, edits: list[Edit]) -> Iterator[str]:
    at = 0
    for edit in edits:
        if edit.start < at:
            raise CannotWriteError("two of its changes are about the same characters")
        yield text[at : edit.start]
        yield edit.text
        at = edit.end
    yield text[at:]

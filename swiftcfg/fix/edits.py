"""Edits: what to write where in the text so that one call means something else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from swiftcfg.script import Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Put ``text`` in the place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    text: str


class CannotWriteError(Exception):
    """The text gives no place for a change; the message says why, as the end of a sentence."""


def over(span: Span | None, text: str) -> Edit:
    """Other text in the place of a span; raises CannotWriteError where it is not known."""
    if span is None:
        raise CannotWriteError("it is not written in one place, as far as can be told")
    return Edit(span.start, span.end, text)


def line_of(text: str, at: int) -> Span:
    """The line that an offset is on, with its end."""
    end = text.find("\n", at)
    return Span(text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end + 1)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after the edits, all of which refer to the text as it was."""
    return "".join(_pieces(text, sorted(set(edits))))


def _pieces(text: str, edits: list[Edit]) -> Iterator[str]:
    at = 0
    for edit in edits:
        if edit.start < at:
            raise CannotWriteError("two of its changes are about the same characters")
        if edit.text and text[max(edit.start - 1, 0) : edit.start + 1] == "\r\n":
            raise CannotWriteError("it would come between the two characters of a line end")
        yield text[at : edit.start]
        yield edit.text
        at = edit.end
    yield text[at:]

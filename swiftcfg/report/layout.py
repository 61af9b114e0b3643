"""How text for people is laid out: lines of one width, tables, numbers with their nouns."""

from collections.abc import Iterator, Sequence
from textwrap import fill

from swiftcfg.report.plain import width

#: Columns of a line, as many as this project's own pages have. Chosen.
WIDTH = 100

_PLURALS = {"info": "infos", "fix": "fixes", "process": "processes"}


def wrapped(text: str, hang: str = "", *, first: str = "") -> str:
    """Lines of at most WIDTH: the first one behind ``first``, the others behind ``hang``; paths stay whole."""
    return fill(
        text, WIDTH, initial_indent=first, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    )


def table(rows: Sequence[Sequence[str]], *, numbers_from: int | None = None) -> Iterator[str]:
    """A line for each row; cells of the columns from ``numbers_from`` on are moved to the right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    numbers = len(widths) if numbers_from is None else numbers_from
    for row in rows:
        blanks = (" " * (size - width(cell)) for cell, size in zip(row, widths, strict=True))
        cells = (
            blank + cell if place >= numbers else cell + blank
            for place, (cell, blank) in enumerate(zip(row, blanks, strict=True))
        )
        yield "  ".join(cells).rstrip()


def many(count: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count} {noun if count == 1 else _PLURALS.get(noun, noun + 's')}"

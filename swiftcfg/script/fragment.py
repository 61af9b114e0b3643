"""Fragment: shell text found in a file, and where each of its characters stands there."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace

from swiftcfg.config import Unknown, Word
from swiftcfg.script.uses import Place, Span
from swiftcfg.values import dataclass

_HOLE = re.compile("\0([0-9]+)\0")

#: Shell texts of one file that are remembered; a file that people write has a few.
_READS = 1000


class File:
    """The whole text of a file, where its lines begin, and what of it was read as a shell would read it.

    ``reads`` and ``calls`` grow while the file is read: the shell texts, each with whether it runs swift deploy, and
    where its calls begin. What breaks a call, or hides one, is looked for in these texts afterwards.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_starts = (0, *(match.end() for match in re.finditer("\n", text)))
        self.reads: dict[tuple[int, str], tuple[Fragment, bool]] = {}
        self.calls: list[Place] = []

    def note(self, fragment: "Fragment", *, runs: bool) -> None:
        """Remember a shell text; one that is read again, as in a loop, is the same."""
        key = (fragment.at, fragment.text)
        before = self.reads.get(key)
        if before or len(self.reads) < _READS:
            self.reads[key] = (fragment, runs or bool(before and before[1]))

    def place(self, offset: int) -> Place:
        line = bisect_right(self.line_starts, offset)
        return Place(line, offset - self.line_starts[line - 1] + 1)

    def line_runs(self, start: int, end: int) -> "list[tuple[str, Span]]":
        """The pieces of a line, for formats in which a carriage return before its end means nothing."""
        if self.text[start:end].endswith("\r\n"):
            return [(self.text[start : end - 2], Span(start, end - 2)), ("\n", Span(end - 1, end))]
        return [(self.text[start:end], Span(start, end))]


@dataclass(frozen=True)
class Fragment:
    r"""A text with the place of each character in ``file``.

    It is made of runs: ``starts[i]`` is where run ``i`` begins in ``text``, ``spans[i]`` where it stands in the
    file. A run that is as long there as here is there letter for letter; one that is not is an escape such
    as ``\"``. Without runs the text is written nowhere: it came out of an expansion at ``at``.

    ``forbidden`` are characters that would mean something else in what surrounds the fragment. ``holes`` are
    what NUL, number, NUL stand for in ``text``: parts that are not known.
    """

    file: File
    text: str
    starts: tuple[int, ...]
    spans: tuple[Span, ...]
    at: int = 0
    forbidden: str = ""
    holes: tuple[Unknown, ...] = ()

    @classmethod
    def whole(cls, text: str) -> "Fragment":
        return cls.of_file(File(text))

    @classmethod
    def of_file(cls, file: File) -> "Fragment":
        """All of a file."""
        return cls(file, file.text, (0,), (Span(0, len(file.text)),))

    @classmethod
    def of_runs(cls, file: File, runs: Iterable[tuple[str, Span]], forbidden: str = "") -> "Fragment":
        """A text put together from pieces of the file, each given as it reads and with where it stands."""
        texts: list[str] = []
        starts: list[int] = []
        spans: list[Span] = []
        length = 0
        for text, span in runs:
            if text:
                texts.append(text)
                starts.append(length)
                spans.append(span)
                length += len(text)
        at = spans[0].start if spans else 0
        return cls(file, "".join(texts), tuple(starts), tuple(spans), at, forbidden)

    def detached(self, text: str, start: int, holes: tuple[Unknown, ...] = ()) -> "Fragment":
        """A text that came out of what is written at ``start`` here, and is written nowhere itself."""
        return Fragment(self.file, text, (), (), self.offset(start), holes=holes)

    def cut(self, start: int, end: int, forbidden: str = "") -> "Fragment":
        """The part from ``start`` to ``end``."""
        if not self.starts:
            return Fragment(self.file, self.text[start:end], (), (), self.at, holes=self.holes)
        runs = list(self.runs(start, end))
        return self._made(runs, start, self.forbidden + forbidden)

    def parts(self, pieces: Iterable[tuple[int, int]]) -> "Fragment":
        """Several parts, each from a start to an end, as one text."""
        pieces = list(pieces)
        if not self.starts:
            text = "".join(self.text[start:end] for start, end in pieces)
            return Fragment(self.file, text, (), (), self.at, holes=self.holes)
        runs = [run for start, end in pieces for run in self.runs(start, end)]
        return self._made(runs, pieces[0][0] if pieces else 0, self.forbidden)

    def followed_by(self, other: "Fragment", between: str) -> "Fragment":
        """Two texts of one file as one, with ``between`` in between."""
        if not (self.starts and other.starts) or self.holes or other.holes:
            return self.detached(f"{self.text}{between}{other.text}", 0)
        gap = Span(self.spans[-1].end, max(self.spans[-1].end, other.spans[0].start))
        runs = (*self.runs(0, len(self.text)), (between, gap), *other.runs(0, len(other.text)))
        return self._made(list(runs), 0, self.forbidden + other.forbidden)

    def replaced(self, pattern: "re.Pattern[str]", value: Callable[["re.Match[str]"], Word]) -> "Fragment":
        """The text with something else for each match, as a program does that sees the text before a shell."""
        holes, last = list(self.holes), 0
        texts: list[str] = []
        runs: list[tuple[str, Span]] = []
        for match in pattern.finditer(self.text):
            word = value(match)
            if word == match[0]:
                continue
            if isinstance(word, Unknown):
                holes.append(word)
                word = f"\0{len(holes) - 1}\0"
            texts += [self.text[last : match.start()], word]
            runs += [*self.runs(last, match.start()), (word, self.span(*match.span()) or Span(0, 0))]
            last = match.end()
        if not texts:
            return self
        if not self.starts:
            return Fragment(self.file, "".join((*texts, self.text[last:])), (), (), self.at, holes=tuple(holes))
        runs += self.runs(last, len(self.text))
        return replace(self._made(runs, 0, self.forbidden), holes=tuple(holes))

    def _made(self, runs: list[tuple[str, Span]], start: int, forbidden: str) -> "Fragment":
        part = Fragment.of_runs(self.file, runs, forbidden)
        return replace(part, at=self.offset(start), holes=self.holes)

    def runs(self, start: int, end: int) -> Iterable[tuple[str, Span]]:
        """The runs from ``start`` to ``end``, the first and last of them cut."""
        number = bisect_right(self.starts, start) - 1 if self.starts else 0
        while number < len(self.starts) and self.starts[number] < end:
            first = self.starts[number]
            last = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
            span = self.spans[number]
            left, right = max(first, start), min(last, end)
            if span.end - span.start == last - first:
                span = Span(span.start + left - first, span.start + right - first)
            yield self.text[left:right], span
            number += 1

    def offset(self, at: int) -> int:
        """Where the character at ``at`` stands in the file."""
        if not self.starts:
            return self.at
        number = bisect_right(self.starts, at) - 1
        first, span = self.starts[number], self.spans[number]
        last = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return min(span.start + at - first, span.end) if span.end - span.start == last - first else span.start

    def span(self, start: int, end: int) -> Span | None:
        """Where ``start`` to ``end`` stands in the file; what the runs leave out between them is taken in."""
        if not self.starts:
            return None
        if start == end:
            return Span(self.offset(start), self.offset(start))
        number = bisect_right(self.starts, end - 1) - 1
        span = self.spans[number]
        last = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        literal = span.end - span.start == last - self.starts[number]
        return Span(self.offset(start), span.start + end - self.starts[number] if literal else span.end)

    def place(self, at: int) -> Place:
        return self.file.place(self.offset(at))

    def exact(self, start: int, end: int) -> Span | None:
        """Where exactly these characters stand, letter for letter, for who wants to put others there.

        Between two characters it is right after the first: what runs leave out, such as an indentation, comes later.
        """
        if start == end and start:
            before = self.exact(start - 1, start)
            return Span(before.end, before.end) if before else None
        span = self.span(start, end)
        return span if span and span.of(self.file.text) == self.text[start:end] else None

    def filled(self, parts: tuple[Word, ...]) -> tuple[Word, ...]:
        """The same parts with every hole in them as the unknown that it stands for."""
        if not self.holes:
            return parts
        found: list[Word] = []
        for part in parts:
            texts = _HOLE.split(part.expression if isinstance(part, Unknown) else part)
            if len(texts) == 1:
                found.append(part)
            elif isinstance(part, Unknown):
                found.append(Unknown("".join(self._shown(texts))))
            else:
                found += [self._hole(text) if number % 2 else text for number, text in enumerate(texts) if text]
        return tuple(found) or ("",)

    def _shown(self, texts: list[str]) -> Iterable[str]:
        return (self._hole(text).expression if number % 2 else text for number, text in enumerate(texts))

    def _hole(self, number: str) -> Unknown:
        return self.holes[int(number)] if int(number) < len(self.holes) else Unknown("?")


def with_holes(parts: tuple[Word, ...]) -> tuple[str, tuple[Unknown, ...]]:
    """Parts as one text in which what is not known is a numbered hole."""
    holes: list[Unknown] = []
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Unknown):
            texts.append(f"\0{len(holes)}\0")
            holes.append(part)
        else:
            texts.append(part)
    return "".join(texts), tuple(holes)

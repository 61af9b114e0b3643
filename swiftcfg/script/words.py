"""Field: one word as a program receives it, with where it is written."""

from collections.abc import Sequence
from dataclasses import field

from swiftcfg.config import Unknown, Word
from swiftcfg.script.fragment import Fragment, with_holes
from swiftcfg.script.uses import Place, Span, Spans
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """The characters of a fragment that are one word; ``group`` is the same for words of one command or array."""

    fragment: Fragment
    start: int
    end: int
    group: int = 0

    @property
    def raw(self) -> str:
        return self.fragment.text[self.start : self.end]

    @property
    def span(self) -> Span | None:
        return self.fragment.span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Field:
    """One word: text, and what hides the rest; ``written`` where the characters there stand for it alone.

    ``loose``: the shell may make several words of what is not known, or none.
    """

    parts: tuple[Word, ...]
    place: Place
    written: Written | None = field(default=None, compare=False)
    content: Fragment | None = field(default=None, compare=False)  # the text without the quotes of a YAML scalar
    loose: bool = False

    def word(self) -> Word:
        return joined(self.parts)

    def head(self) -> str:
        """The text up to the first thing that is not known."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    @property
    def span(self) -> Span | None:
        return self.written.span if self.written else None

    def halves(self, name: str) -> Spans:
        """Where ``name`` and the value are written in ``name=value``."""
        one = self.written
        if one is None or not one.raw.startswith(f"{name}="):
            return None, None
        span, middle = one.span, one.start + len(name)
        if span is None or span.end - span.start != one.end - one.start:
            return None, None
        return one.fragment.span(one.start, middle), one.fragment.span(middle + 1, one.end)

    def inside(self, around: Fragment) -> Fragment:
        """The word as a text of its own, for whoever reads it as a script."""
        if self.content is not None:
            return self.content
        text, holes = with_holes(self.parts)
        one = self.written
        if one is None:
            return around.detached(text, 0, holes)
        if one.raw == text:
            return one.fragment.cut(one.start, one.end)
        if one.raw[:1] in ("'", '"') and one.raw[1:-1] == text and one.raw[-1] == one.raw[0]:
            return one.fragment.cut(one.start + 1, one.end - 1, one.raw[0] if one.raw[0] == "'" else '"$`\\!')
        return one.fragment.detached(text, one.start, holes)


def whole(fields: Sequence[Field]) -> Span | None:
    """From the first to the last, where all are written one after the other."""
    written = [one.written for one in fields if one.written]
    if len(written) < len(fields) or len({(id(one.fragment), one.group) for one in written}) > 1:
        return None
    first, last = written[0], written[-1]
    return first.fragment.span(first.start, last.end) if first.start < last.end else None


def joined(parts: tuple[Word, ...]) -> Word:
    """Parts as one word: text where all is known, else the expression that hides it."""
    text = "".join(part.expression if isinstance(part, Unknown) else part for part in parts)
    return Unknown(text) if any(isinstance(part, Unknown) for part in parts) else text

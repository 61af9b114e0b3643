"""What breaks a shell script without a word from the shell: found in the text, explained by what bash does with it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Literal

from swiftcfg.script.fragment import File
from swiftcfg.script.parser import Program, parse
from swiftcfg.script.uses import Place, Span
from swiftcfg.values import dataclass

Kind = Literal[
    "blank after backslash", "comment after backslash", "comment in continuation", "blank line in continuation",
    "glued words", "missing backslash", "dangling backslash", "carriage returns", "byte order mark",
    "Unicode blank", "typographic character", "full-width character", "blank at equals sign", "fault",
    "hidden call", "call never run", "call not looked at",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Breakage:
    """Something in a shell text that bash reads otherwise than it looks.

    ``span`` are the characters at fault. ``lost`` is what follows and does not reach the command, as it is
    written, its lines joined; ``before`` is what stands in front of the fault in the same word, or the assignments that
    it cuts off from their command. ``edits``
    mend it: what to put in place of which characters.
    """

    kind: Kind
    span: Span
    place: Place
    lost: str = ""
    before: str = ""
    edits: tuple[tuple[Span, str], ...] = ()


_MARKS = ("comment", "quoted", "dashes", "escaped", "continued", "assigned", "command")
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u202f\u205f\u2060\u3000"
_QUOTES = dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"')
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
_TYPOGRAPHIC = _QUOTES | _DASHES | {"\u2026": "..."}
#: The full-width forms of ASCII (Unicode block FF00), which Chinese and Japanese input methods produce.
_FULL_WIDTH = {chr(0xFF01 + offset): chr(0x21 + offset) for offset in range(94)} | {"\u3001": ",", "\u3002": "."}
_ODD = re.compile(f"[{_BLANKS}{''.join(_TYPOGRAPHIC)}{''.join(_FULL_WIDTH)}]+")
#: Characters between assignments and the call that they were meant for, at most.
_NEAR = 4096
_NEXT = re.compile(r"--?[A-Za-z]|[A-Za-z_]\w*=|swift\b|python")
#: A line that sets a variable, with a blank at the equals sign.
_SET = re.compile(
    r"^[ \t]*(?P<set>(?:export[ \t]+)?[A-Z][A-Z0-9_]*)(?P<sign>[ \t]+=[ \t]*|=[ \t]+)(?P<value>[\w.,/:-]+)[ \t;]*\r?$",
    re.MULTILINE,
)


def find_breakages(text: str) -> tuple[Breakage, ...]:
    """Every breakage of a text, in its order."""
    if "swift" not in text:
        return ()
    return tuple(sorted(_Search(text, parse(text)).run(), key=lambda one: one.span))


class _Search:
    """One look at a text with what the parser has noted on the way."""

    def __init__(self, text: str, program: Program) -> None:
        self.text = text
        self.file = File(text)
        self.fault = program.fault
        self.read_to = program.fault.offset if program.fault else len(text)
        self.marks = {kind: [mark for mark in program.marks if mark[0] == kind] for kind in _MARKS}
        covered = sorted((*self.marks["comment"], *self.marks["quoted"]), key=lambda mark: mark[1])
        self.covered_starts = [mark[1] for mark in covered]
        self.covered_ends = [mark[2] for mark in covered]
        self.dashes, self.assigned, self.commands = (
            sorted((start, end) for _, start, end in self.marks[kind]) for kind in ("dashes", "assigned", "command")
        )

    def run(self) -> Iterator[Breakage]:
        caused: set[int] = set()
        for search in (self._escaped, self._continued):
            for breakage in search():
                caused.add(breakage.span.end)
                yield breakage
        yield from self._missing(caused)
        yield from self._whole_file()
        yield from self._odd()
        yield from self._blanks()

    def _made(
        self, kind: Kind, start: int, end: int, *edits: tuple[Span, str], lost: str = "", before: str = ""
    ) -> Breakage:
        return Breakage(kind, Span(start, end), self.file.place(start), lost, before, edits)

    # Backslashes

    def _escaped(self) -> Iterator[Breakage]:
        """Backslashes in front of a blank that ends a line, and inside a word."""
        for _, start, end in self.marks["escaped"]:
            if self.text[start + 1 : end] == "\n":
                yield from self._glued(start, end)
                continue
            stop = self._line_end(start)
            rest = self.text[start + 1 : stop]
            if not rest.strip():
                if rest.strip("\r"):
                    edit = (Span(start + 1, stop), "\r" if rest.endswith("\r") else "")
                    yield self._made("blank after backslash", start, stop, edit, lost=self._lost(stop))
            elif rest.lstrip().startswith("#"):
                yield self._made(
                    "comment after backslash", start, stop, *self._moved(start + 1, stop, rest.strip()),
                    lost=self._lost(stop),
                )  # fmt: skip

    def _glued(self, start: int, end: int) -> Iterator[Breakage]:
        following = _NEXT.match(self.text, end)
        if following:
            before = re.search(r"[^\s]*\Z", self.text[max(0, start - 200) : start])
            word = re.match(r"[^\s\\]*", self.text[end : end + 200])
            yield self._made(
                "glued words", start, end, (Span(start, start), " "),
                lost=word[0] if word else "", before=before[0] if before else "",
            )  # fmt: skip

    def _continued(self) -> Iterator[Breakage]:
        """What follows a continued line and ends the command there: a comment, an empty line, the end."""
        for _, start, end in self.marks["continued"]:
            stop = self._line_end(end)
            line = self.text[end:stop]
            if line.strip().startswith("#"):
                lost = self._lost(stop)
                cut = "" if lost else self._cut_off(start, stop)
                if lost or cut:
                    edits = self._moved(end, min(stop + 1, len(self.text)), line.strip())
                    yield self._made("comment in continuation", end, stop, *edits, lost=lost, before=cut)
            elif not line.strip(" \t\r"):
                yield self._empty(start, end)

    def _cut_off(self, backslash: int, stop: int) -> str:
        """The assignments that end at a backslash, where the call that they were meant for begins after ``stop``."""
        at, then = bisect_right(self.assigned, (backslash, 0)), bisect_right(self.commands, (stop, 0))
        before, following = self.assigned[at - 1 : at], self.commands[then : then + 1]
        for (first, last), (call, _) in zip(before, following, strict=False):
            near = max(backslash - last, call - stop) < _NEAR
            if near and not self.text[last:backslash].strip() and self._holds_no_command(stop, call):
                return self.text[first:last]
        return ""

    def _holds_no_command(self, start: int, end: int) -> bool:
        """Whether a piece of the text has nothing but comments and assignments."""
        rest = self.text[start:end]
        for first, last in self.assigned[
            bisect_right(self.assigned, (start, 0)) : bisect_right(self.assigned, (end, 0))
        ]:
            rest = rest.replace(self.text[first:last], "", 1)
        return all(line.strip(" \t\r\\")[:1] in ("", "#") for line in rest.split("\n"))

    def _empty(self, start: int, end: int) -> Breakage:
        """A line that goes on into nothing; if flags follow further down, they are lost."""
        following = re.compile(r"(?:[ \t\r]*\n)*").match(self.text, end)
        stop = following.end() if following else end
        lost = self._lost(stop - 1) if stop > end else ""
        if lost:
            return self._made("blank line in continuation", end, stop, (Span(end, stop), ""), lost=lost)
        before = re.search(r"[ \t]*\Z", self.text[max(0, start - 200) : start])
        first = start - (len(before[0]) if before else 0)
        return self._made("dangling backslash", start, start + 1, (Span(first, start + 1), ""))

    def _missing(self, caused: set[int]) -> Iterator[Breakage]:
        """Lines that start with a flag: a command of their own, after a command that ended too early."""
        explained = {0, *caused}
        for start, end in self.dashes:
            line = self.text.rfind("\n", 0, start)
            if line < 1 or self.text[line + 1 : start].strip():
                continue
            if not any(stop <= start and not self.text[stop:start].strip() for stop in explained):
                yield from self._too_early(line)
            explained = {*caused, self._line_end(end)}

    def _too_early(self, line: int) -> Iterator[Breakage]:
        """The command before the line end at ``line`` should go on."""
        start = self.text.rfind("\n", 0, line) + 1
        code = self._code_end(start, line)
        written = self.text[start:code]
        if not written.strip() or written.endswith("\\"):  # which a carriage return has made one of its own
            return
        comment = self.text[code:line].strip()
        edits = self._moved(code, line, comment, " \\") if comment else ((Span(code, code), " \\"),)
        yield self._made("missing backslash", code, line, *edits, lost=self._lost(line))

    def _moved(self, start: int, end: int, comment: str, instead: str = "") -> tuple[tuple[Span, str], ...]:
        """Edits that take a comment out of a command and put it above."""
        line = self.text.rfind("\n", 0, start) + 1
        while line and self.text[:line].rstrip("\r\n").endswith("\\"):
            line = self.text.rfind("\n", 0, line - 1) + 1
        return (Span(line, line), f"{comment}\n"), (Span(start, end), instead)

    def _lost(self, at: int) -> str:
        """The commands that start with a flag right after ``at``, as one text."""
        lost: list[str] = []
        number = bisect_right(self.dashes, (at, 0))
        while number < len(self.dashes) and not self.text[at : self.dashes[number][0]].strip("\\ \t\r\n"):
            start, end = self.dashes[number]
            lost.append(re.sub(r"\s*\\\n\s*", " ", self.text[start:end]))
            at, number = end, number + 1
        return " ".join(lost)

    # Characters

    def _whole_file(self) -> Iterator[Breakage]:
        if self.fault:
            at = min(self.fault.offset, len(self.text))
            yield self._made("fault", at, at, lost=self.fault.message)
        returns = [match.start() for match in re.finditer("\r\n|\r\\Z", self.text)]
        if returns:
            edits = tuple((Span(at, at + 1), "") for at in returns)
            yield self._made("carriage returns", returns[0], returns[0] + 1, *edits, lost=self._lost(returns[0]))
        if self.text.startswith("\ufeff"):
            yield self._made("byte order mark", 0, 1, (Span(0, 1), ""))

    def _odd(self) -> Iterator[Breakage]:
        """Characters that look like those of the shell, outside of quotes and comments; each line's together."""
        found: dict[tuple[Kind, int], list[re.Match[str]]] = {}
        for match in _ODD.finditer(self.text):
            if not self._covered(match.start()) and match.start() < self.read_to:
                kind = next(kind for kind, table in _TABLES if match[0][0] in table)
                found.setdefault((kind, self.file.place(match.start()).line), []).append(match)
        for (kind, _), matches in found.items():
            edits = tuple((Span(*match.span()), self._ascii(match)) for match in matches)
            line = self.text[self.text.rfind("\n", 0, matches[0].start()) + 1 : self._line_end(matches[0].start())]
            lost = "".join(match[0] for match in matches)
            yield self._made(kind, *matches[0].span(), *edits, lost=lost, before=line.strip()[:200])

    def _blanks(self) -> Iterator[Breakage]:
        for match in _SET.finditer(self.text):
            at = match.start("set")
            if not self._covered(at) and at < self.read_to:
                yield self._made(
                    "blank at equals sign", *match.span("sign"), (Span(*match.span("sign")), "="),
                    lost=match["value"], before=match["set"],
                )  # fmt: skip

    def _ascii(self, match: "re.Match[str]") -> str:
        """What was meant; word processors make one long dash of the two in front of a flag."""
        first = match.start() == 0 or self.text[match.start() - 1] in " \t\n" + _BLANKS
        if first and set(match[0]) <= _DASHES.keys():
            return "--"
        return "".join(_ASCII.get(character, character) for character in match[0])

    def _covered(self, at: int) -> bool:
        number = bisect_right(self.covered_starts, at) - 1
        return number >= 0 and at < self.covered_ends[number]

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def _code_end(self, start: int, end: int) -> int:
        """Where a line's last word ends, its comment left out."""
        number = max(0, bisect_right(self.covered_starts, start) - 1)
        for at in self.covered_starts[number : bisect_right(self.covered_starts, end)]:
            if start <= at < end and self.text[at] == "#":
                end = at
                break
        return start + len(self.text[start:end].rstrip())


_TABLES: Sequence[tuple[Kind, str | dict[str, str]]] = (
    ("Unicode blank", _BLANKS), ("typographic character", _TYPOGRAPHIC), ("full-width character", _FULL_WIDTH),
)  # fmt: skip
_ASCII = dict.fromkeys(_BLANKS, " ") | {"\u200b": "", "\u2060": ""} | _TYPOGRAPHIC | _FULL_WIDTH

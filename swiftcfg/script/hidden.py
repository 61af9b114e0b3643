"""Calls that a reader of a shell text sees and bash does not make: where they are, and what bash does instead."""

import re
from bisect import bisect_right
from itertools import islice

from swiftcfg.script.breakages import Breakage, Kind
from swiftcfg.script.fragment import File
from swiftcfg.script.parser import DECLARATIONS, parse
from swiftcfg.script.uses import Span
from swiftcfg.script.wrappers import WRAPPERS

_BLANK = r"(?:\\[^\S\n]*\n|[^\S\n]|[\u200b\u2060\ufeff])"
#: The program and its subcommand with anything between them that looks like a blank, or the module or file it is.
_MENTION = re.compile(rf"(?<![\w-])swift{_BLANK}{{1,40}}deploy(?![\w./=])|(?<![\w-])swift[./]cli[./]deploy\b")
_PLAIN = re.compile(r"swift(?:[ \t]|\\\n)+deploy|swift[./]cli[./]deploy")
#: The same, or as two strings of a list.
_LISTED = re.compile(_MENTION.pattern + r"|([\"'])swift\1,\s{0,40}([\"'])deploy\2|(?<=- )swift\s{1,40}- deploy\b")
#: What YAML and JSON put before a text.
_KEY = re.compile(r"^(?:.*[{\[,:]\s+|.*[{\[]|\s*(?:-\s+)+)?[|>\"'\[]?")
#: What stands after a command and not after the words in a sentence: flags, a file, an operator.
_GOES_ON = re.compile(
    rf"{_BLANK}{{0,40}}(?:[-\u2010-\u2015\u2212$\"'>&|;#]|\.py{_BLANK}{{1,40}}\S|[\w./-]{{1,200}}\.(?:ya?ml|json)\b)"
)
_ENDS = re.compile(r"[^\S\n]*$", re.MULTILINE)
_SEPARATOR = re.compile(r"[;|&`]|\$\(|(?<!\S)(?:\{|!|if|elif|while|until|do|then|else|export)(?=\s)")
_ASSIGNED = re.compile(
    r"(?<![^\s\ufeff])[A-Za-z_]\w*\s*[=\uff1d]\s*(?:\"[^\"]*\"|'[^']*'|[\u201c-\u201f][^\u201c-\u201f]*[\u201c-\u201f]|[^\s\"']*)"
)
_PROGRAM = re.compile(r"(?:\S*/)?(?:python[0-9.]*|torchrun|accelerate|\$\{?\w+\}?)")
#: Characters in front of a call that are looked at; assignments and programs in front take less. Chosen.
_LEAD = 2000
#: Mentions of one text that are looked at; where so many are hidden, the first ones tell why. Chosen.
_MOST = 100


def find_hidden(text: str) -> tuple[Breakage, ...]:
    """Every call that stands where commands stand, in a text of which bash makes none."""
    mentions = [match for match in islice(_MENTION.finditer(text), _MOST) if _is_command(text, match)]
    if not mentions:
        return ()
    reading = _Reading(text)
    return tuple(reading.told(match) for match in mentions if not reading.covers(match.start()))


def find_overlooked(text: str) -> tuple[Breakage, ...]:
    """Every call in a text of some other kind, in which nothing was found that runs it; comments are passed over."""
    place = File(text).place
    return tuple(
        Breakage("call not looked at", Span(*match.span()), place(match.start()))
        for match in islice(_LISTED.finditer(text), _MOST)
        if _is_value(text, match)
    )


def _is_value(text: str, match: "re.Match[str]") -> bool:
    """Whether only a key, a dash or a quote stands before it, and what stands before commands."""
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    lead = _KEY.sub("", line).lstrip()
    listed = match[0][-1] in "\"'" or "\n" in match[0]
    return "#" not in line and (listed or (_starts(lead) and _goes_on(text, match.end(), lead)))


def _is_command(text: str, match: "re.Match[str]") -> bool:
    """Whether it stands where a command may stand, with words of a command around it, and is no part of a sentence."""
    lead = _before(text, match.start())
    return _starts(lead) and _goes_on(text, match.end(), lead)


def _before(text: str, at: int) -> str:
    """What stands before a word in its command, continued lines as one."""
    text = text[max(0, at - _LEAD) : at].replace("\r", "")
    return _SEPARATOR.split(text.replace("\\\n", " ").rpartition("\n")[2])[-1].lstrip(" \t(")


def _starts(lead: str) -> bool:
    words = _ASSIGNED.sub("", lead).replace("\ufeff", "").split()
    return not words or _starts_programs(words[0]) or (len(words) == 1 and lead.endswith(("/", '"', "'")))


def _goes_on(text: str, at: int, lead: str) -> bool:
    return bool(_GOES_ON.match(text, at) or (lead and _ENDS.match(text, at)))


def _starts_programs(word: str) -> bool:
    return word.rpartition("/")[2] in WRAPPERS or _PROGRAM.fullmatch(word) is not None


class _Reading:
    """What the parser has noted of a text."""

    def __init__(self, text: str) -> None:
        program = parse(text)
        self.text, self.fault = text, program.fault
        self.place = File(text).place
        covered = sorted((start, end) for kind, start, end in program.marks if kind in ("comment", "quoted"))
        self.starts = [start for start, _ in covered]
        self.ends = [end for _, end in covered]
        self.marks = {kind: [mark for mark in program.marks if mark[0] == kind] for kind in _KINDS}

    def covers(self, at: int) -> bool:
        """Whether it stands in a comment, in quotes or in a here-document, and so is no command of this text."""
        number = bisect_right(self.starts, at) - 1
        return number >= 0 and at < self.ends[number]

    def told(self, match: "re.Match[str]") -> Breakage:
        instead = self._instead(match)
        kind: Kind = "hidden call" if instead else "call never run"
        return Breakage(kind, Span(*match.span()), self.place(match.start()), lost=instead)

    def _instead(self, match: "re.Match[str]") -> str:
        """What bash does in the place of the call, in words that go on after *it*; none where it only passes by."""
        for _, start, _ in self.marks["unended"]:
            if start <= match.start():
                return f"takes it for text: no line ends the here-document above line {self.place(start).line}"
        other = self._other_command(match)
        if not other and self.fault:
            return f"stops at line {self.place(self.fault.offset).line}: {self.fault.message}"
        return other

    def _other_command(self, match: "re.Match[str]") -> str:
        """What the command does that the words of the call are part of, if it is another one."""
        around = [mark for mark in self.marks["command"] if mark[1] <= match.start() < mark[2]]
        if not around:
            return ""
        _, start, end = max(around)
        first = next(mark for mark in self.marks["program"] if start <= mark[1] <= end)
        word = self.text[first[1] : first[2]]
        if not word:
            return "only sets a variable here"
        if word in DECLARATIONS:
            return f"takes it for words of {word}"
        if first[1] > match.start() or not (_starts_programs(word) or word.rpartition("/")[2] == "swift"):
            return f"looks for a command called {word}"
        return "" if _PLAIN.fullmatch(match[0]) else f"runs {word} with other words"


_KINDS = ("command", "program", "unended")

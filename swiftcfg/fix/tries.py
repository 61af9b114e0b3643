"""Tries: which fix comes next, for how many calls at once, and how often."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from swiftcfg.rule import Change, Fix, ReplaceText
from swiftcfg.script import Script
from swiftcfg.validate import Reported
from swiftcfg.values import dataclass

#: How often a fix is applied beside those of the text as it came, because it comes back; and how often it may fail.
SAME_FIX_LIMIT, FAILURE_LIMIT = 20, 20
#: The same for all fixes together: those that undo each other may have other numbers every time.
FIX_LIMIT = 200

Key = tuple[str, str | None]
Name = tuple[Key, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A text as it is read and what is said of it: findings with the number of their call, None for the file."""

    text: str
    scripts: tuple[Script, ...]
    findings: tuple[tuple[int | None, Reported], ...]

    def keys(self) -> Counter[Key]:
        """Findings by rule and subject: numbers in messages change with every fix."""
        return Counter((reported.rule.code, reported.finding.subject) for _, reported in self.findings)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A fix that may be applied, with the number of its call, None for the file."""

    number: int | None
    reported: Reported
    fix: Fix

    @property
    def name(self) -> Name:
        return (self.reported.rule.code, self.reported.finding.subject), self.fix.title


def _wanted(now: Judged, *, unsafe: bool) -> Iterator[Wanted]:
    for number, reported in now.findings:
        fix = reported.finding.fix
        if fix is not None and (fix.safe or unsafe):
            yield Wanted(number, reported, fix)


class Tries:
    """What was tried: how many of a kind may still be, how many to try together, and what is refused for now."""

    def __init__(self, now: Judged, *, unsafe: bool) -> None:
        self.unsafe = unsafe
        self.left = Counter(one.name for one in _wanted(now, unsafe=unsafe))
        self.all_left = self.left.total() + FIX_LIMIT
        for name in self.left:
            self.left[name] += SAME_FIX_LIMIT
        self.sizes: dict[Name, int] = {}
        self.failures: Counter[Name] = Counter()
        self.refused: dict[tuple[Name, int | None], str] = {}

    def next_of(self, now: Judged) -> list[Wanted]:
        """The first fix that may be tried, and the same fix of other calls."""
        wanted = (one for one in _wanted(now, unsafe=self.unsafe) if self._may_try(one))
        first = next(wanted, None)
        if first is None:
            return []
        others = (one for one in wanted if one.name == first.name and _same_change(one.fix, first.fix))
        size = min(self.sizes.get(first.name, len(now.findings)), self.left[first.name], self.all_left)
        return [first, *islice(others, size - 1)]

    def _may_try(self, one: Wanted) -> bool:
        left = min(
            self.left.setdefault(one.name, SAME_FIX_LIMIT), self.all_left, FAILURE_LIMIT - self.failures[one.name]
        )
        return left > 0 and (one.name, one.number) not in self.refused

    def failed(self, now: Judged, together: Sequence[Wanted], reason: str) -> None:
        one = together[0]
        self.sizes[one.name] = max(len(together) // 2, 1)
        if len(together) == 1:
            self.failures[one.name] += 1
            where = f"line {_line(now, one)}: {one.reported.rule.code}"
            self.refused[one.name, one.number] = f"{where}: {one.fix.title}: {reason}"

    def succeeded(self, together: Sequence[Wanted]) -> None:
        name = together[0].name
        self.left[name] -= len(together)
        self.all_left -= len(together)
        self.sizes[name] = 2 * len(together)
        self.refused.clear()  # what was in its way may be gone


def _same_change(one: Fix, other: Fix) -> bool:
    """Whether two fixes differ at most in where they replace text."""
    return _meant(one) == _meant(other)


def _meant(fix: Fix) -> list[Change]:
    return [change for change in fix.changes if not isinstance(change, ReplaceText)]


def _line(now: Judged, one: Wanted) -> int:
    if one.reported.finding.place:
        return one.reported.finding.place.line
    return 1 if one.number is None else now.scripts[one.number].place.line

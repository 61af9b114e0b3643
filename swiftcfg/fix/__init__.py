"""Fix: apply the fixes of findings to a text, each one verified by reading and judging the text again.

A fix is applied where afterwards its call means what it meant with the change and nothing else, every other call
means the same (or has the same change, where they share what was changed), its finding is gone, and no other finding
is new. Only a fix that gives a flag, a variable or a line its meaning back may bring something to light.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields

from swiftcfg.fix.edits import CannotWriteError, Edit, applied
from swiftcfg.fix.flags import remove_flag, rename_flag, set_flag
from swiftcfg.fix.meaning import changed, meaning_of
from swiftcfg.fix.variables import remove_variable, rename_variable, set_variable
from swiftcfg.rule import (
    Change,
    Finding,
    Fix,
    RemoveFlag,
    RemoveVariable,
    RenameFlag,
    RenameVariable,
    ReplaceText,
    SetFlag,
    SetVariable,
)
from swiftcfg.script import Script
from swiftcfg.validate import Reported
from swiftcfg.values import dataclass

#: Fixes applied to one text; one that comes back is refused after this many times.
FIX_LIMIT, SAME_FIX_LIMIT = 200, 20

Key = tuple[str, str | None]


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
class Mended:
    """The text with its fixes: titles of those applied, and why others were not."""

    text: str
    done: tuple[str, ...]
    refused: tuple[str, ...]


def mend(text: str, judge: Callable[[str], Judged], *, unsafe: bool = False) -> Mended:
    """Apply what can be applied, one fix after the other, until nothing is left that can be."""
    now = judge(text)
    done: list[str] = []
    refused: dict[tuple[Key, str], str] = {}
    times: Counter[tuple[Key, str]] = Counter()
    while len(done) < FIX_LIMIT:
        wanted = next(_wanted(now, refused, times, unsafe=unsafe), None)
        if wanted is None:
            break
        number, reported, fix = wanted
        name = _name(reported, fix)
        times[name] += 1
        try:
            now = _with_fix(now, number, reported, fix, judge)
            done.append(f"{reported.rule.code}: {fix.title}")
            refused.clear()  # what was in its way may be gone
        except CannotWriteError as error:
            refused[name] = f"line {_line(now, number, reported.finding)}: {reported.rule.code}: {fix.title}: {error}"
    return Mended(now.text, tuple(done), tuple(refused.values()))


def _wanted(
    now: Judged, refused: dict[tuple[Key, str], str], times: Counter[tuple[Key, str]], *, unsafe: bool
) -> Iterator[tuple[int | None, Reported, Fix]]:
    for number, reported in now.findings:
        fix = reported.finding.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        name = _name(reported, fix)
        if name not in refused and times[name] < SAME_FIX_LIMIT:
            yield number, reported, fix


def _name(reported: Reported, fix: Fix) -> tuple[Key, str]:
    return (reported.rule.code, reported.finding.subject), fix.title


def _line(now: Judged, number: int | None, finding: Finding) -> int:
    if finding.place:
        return finding.place.line
    return 1 if number is None else now.scripts[number].place.line


def _with_fix(now: Judged, number: int | None, reported: Reported, fix: Fix, judge: Callable[[str], Judged]) -> Judged:
    """The text with one fix, judged again; raises CannotWriteError where it does not do what it says."""
    reason = "there is no place for it"
    for edits in _ways(now, number, fix.changes):
        after = judge(applied(now.text, edits))
        fault = _fault(now, after, number, reported, fix.changes)
        if fault is None:
            return after
        reason = fault
    raise CannotWriteError(reason)


def _ways(now: Judged, number: int | None, changes: Sequence[Change]) -> Iterator[list[Edit]]:
    """Ways to write all changes: the first way of each, then the other ways of single ones."""
    choices = [list(_edits(now, number, change)) for change in changes]
    if not all(choices):
        return
    yield [edit for ways in choices for edit in ways[0]]
    for at, ways in enumerate(choices):
        for way in ways[1:]:
            others = [edit for other, first in enumerate(choices) if other != at for edit in first[0]]
            yield [*others, *way]


def _edits(now: Judged, number: int | None, change: Change) -> Iterator[list[Edit]]:
    if isinstance(change, ReplaceText):
        yield [Edit(change.start, change.end, change.text)]
    elif number is None:
        raise CannotWriteError("it is about no call")
    else:
        values = (getattr(change, field.name) for field in fields(change))
        yield from _WAYS[type(change)](now.text, now.scripts[number], *values)


_WAYS: Mapping[type[Change], Callable[..., Iterator[list[Edit]]]] = {
    SetFlag: set_flag,
    RenameFlag: rename_flag,
    RemoveFlag: remove_flag,
    SetVariable: set_variable,
    RenameVariable: rename_variable,
    RemoveVariable: remove_variable,
}


def _fault(
    before: Judged, after: Judged, number: int | None, reported: Reported, changes: Sequence[Change]
) -> str | None:
    """What is wrong with the new text, if anything."""
    if after.text == before.text:
        return "it changes nothing"
    key = (reported.rule.code, reported.finding.subject)
    old, new = before.keys(), after.keys()
    if new[key] >= old[key]:
        return "the finding would stay"
    if not any(isinstance(change, RenameFlag | RenameVariable | ReplaceText) for change in changes):
        added = sorted({code for (code, _) in new - old})
        if added:
            return f"it would bring {', '.join(added)}"
    if number is None or any(isinstance(change, ReplaceText) for change in changes):
        return None
    return _other_meaning(before, after, number, changes)


def _other_meaning(before: Judged, after: Judged, number: int, changes: Sequence[Change]) -> str | None:
    if len(before.scripts) != len(after.scripts):
        return "there would be more or fewer calls"
    for at, (old, new) in enumerate(zip(before.scripts, after.scripts, strict=True)):
        was, meant, now = meaning_of(old), meaning_of(old), meaning_of(new)
        for change in changes:
            meant = changed(meant, change) or meant
        if now != meant and (at == number or now != was):
            return "it would change something else, too"
    return None

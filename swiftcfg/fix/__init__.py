"""Fix: apply the fixes of findings to a text, each one verified by reading and judging the text again.

A fix is applied where afterwards its call means what it meant with the change and nothing else, every other call
means the same (or has the same change, where they share what was changed), its finding is gone, and no other finding
is new. Only a fix that gives a flag, a variable or a line its meaning back may bring something to light.

The same fix of several calls is tried for all at once, and for half of them where that fails: a text is judged again
after every try, which takes the longer the more calls it has.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import islice

from swiftcfg.fix.edits import CannotWriteError, Edit, applied
from swiftcfg.fix.flags import remove_flag, rename_flag, set_flag
from swiftcfg.fix.meaning import changed, meaning_of
from swiftcfg.fix.tries import Judged, Tries, Wanted
from swiftcfg.fix.variables import remove_variable, rename_variable, set_variable
from swiftcfg.rule import (
    Change,
    RemoveFlag,
    RemoveVariable,
    RenameFlag,
    RenameVariable,
    ReplaceText,
    SetFlag,
    SetVariable,
)
from swiftcfg.values import dataclass

__all__ = ["Judged", "Mended", "mend"]


@dataclass(frozen=True, slots=True)
class Mended:
    """The text with its fixes: titles of those applied, and why others were not."""

    text: str
    done: tuple[str, ...]
    refused: tuple[str, ...]


def mend(text: str, judge: Callable[[str], Judged], *, unsafe: bool = False) -> Mended:
    """Apply what can be applied, one kind of fix after the other, until nothing is left that can be."""
    now = judge(text)
    tries = Tries(now, unsafe=unsafe)
    done: list[str] = []
    while together := tries.next_of(now):
        after = _tried(now, together, judge)
        if isinstance(after, str):
            tries.failed(now, together, after)
        else:
            now = after
            tries.succeeded(together)
            done += [f"{one.reported.rule.code}: {one.fix.title}" for one in together]
    return Mended(now.text, tuple(done), tuple(tries.refused.values()))


def _tried(now: Judged, together: Sequence[Wanted], judge: Callable[[str], Judged]) -> Judged | str:
    """The text with the same fix of some calls, judged again, or why it cannot be had."""
    reason = "there is no place for it"
    try:
        for edits in islice(_ways(now, together), None if len(together) == 1 else 1):
            after = judge(applied(now.text, edits))
            fault = _fault(now, after, together)
            if fault is None:
                return after
            reason = fault
    except CannotWriteError as error:
        return str(error)
    return reason


def _ways(now: Judged, together: Sequence[Wanted]) -> Iterator[list[Edit]]:
    """Ways to write all changes: the first way of each, then the other ways of single ones."""
    choices = [list(_edits(now, one.number, change)) for one in together for change in one.fix.changes]
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


def _fault(before: Judged, after: Judged, together: Sequence[Wanted]) -> str | None:
    """What is wrong with the new text, if anything."""
    if after.text == before.text:
        return "it changes nothing"
    key, _ = together[0].name
    changes = together[0].fix.changes
    old, new = before.keys(), after.keys()
    if new[key] > old[key] - len(together):
        return "the finding would stay"
    if not any(isinstance(change, RenameFlag | RenameVariable | ReplaceText) for change in changes):
        added = sorted({code for (code, _) in new - old})
        if added:
            return f"it would bring {', '.join(added)}"
    numbers = {one.number for one in together}
    if None in numbers or any(isinstance(change, ReplaceText) for change in changes):
        return None
    return _other_meaning(before, after, numbers, changes)


def _other_meaning(
    before: Judged, after: Judged, numbers: Collection[int | None], changes: Sequence[Change]
) -> str | None:
    if len(before.scripts) != len(after.scripts):
        return "there would be more or fewer calls"
    for at, (old, new) in enumerate(zip(before.scripts, after.scripts, strict=True)):
        was, meant, now = meaning_of(old), meaning_of(old), meaning_of(new)
        for change in changes:
            meant = changed(meant, change) or meant
        if now != meant and (at in numbers or now != was):
            return "it would change something else, too"
    return None

"""What a call means to swift, without where it is written; and what a change makes of it."""

from dataclasses import replace

from swiftcfg.config import Word
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
from swiftcfg.script import Script
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """Flags in their order, variables by name, and all else that is not a flag or a variable."""

    flags: tuple[tuple[str, tuple[Word, ...]], ...]
    variables: frozenset[tuple[str, Word]]
    rest: tuple[object, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Meaning) and self._unordered() == other._unordered()

    def __hash__(self) -> int:
        return hash(self.variables)

    def _unordered(self) -> tuple[object, ...]:
        """Equal where swift is told the same: the order counts only among uses of one flag."""
        by_name: dict[str, list[tuple[Word, ...]]] = {}
        for name, words in self.flags:
            by_name.setdefault(name, []).append(words)
        return by_name, self.variables, self.rest


def meaning_of(script: Script) -> Meaning:
    kept_back = frozenset((use.name, use.word) for use in script.kept_back)
    return Meaning(
        tuple((use.name, use.words) for use in script.flags),
        frozenset((use.name, use.word) for use in script.variables),
        (kept_back, tuple(stray.word for stray in script.strays), script.wrapper, script.conditional, script.clears),
    )


def changed(meaning: Meaning, change: Change) -> Meaning | None:
    """What the call should mean after the change; None where only the text tells."""
    flags, variables = meaning.flags, dict(meaning.variables)
    match change:
        case SetFlag(name, value):
            last = max((at for at, (one, _) in enumerate(flags) if one == name), default=len(flags))
            flags = (*flags[:last], (name, (value,)), *flags[last + 1 :])
        case RenameFlag(name, new_name):
            flags = tuple((new_name if one == name else one, words) for one, words in flags)
        case RemoveFlag(name):
            flags = tuple((one, words) for one, words in flags if one != name)
        case SetVariable(name, value):
            variables[name] = value
        case RenameVariable(name, new_name):
            if name in variables:
                variables[new_name] = variables.pop(name)
        case RemoveVariable(name):
            variables.pop(name, None)
        case ReplaceText():
            return None
    return replace(meaning, flags=flags, variables=frozenset(variables.items()))

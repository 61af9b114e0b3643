"""Words of a call that only a shell could fill in: from the caller's environment, as that shell would."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from swiftcfg.config import DeployConfig, Flag, Unknown, Word
from swiftcfg.errors import InputError
from swiftcfg.script import Stray
from swiftcfg.values import dataclass

#: The arguments of a script, which is given none.
_ARGUMENTS = frozenset({"$@", "$*", "${@}", "${*}"})
#: ``$NAME``, ``${NAME}``, and the forms that use the value where there is one: ``${NAME:?say so}``, ``${NAME:-8000}``.
_VARIABLE = re.compile(r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::?[?-][^{}$`]*)?\})")
#: What is left where an expression holds more than variables.
_SHELLS = re.compile(r"[$`]")


@dataclass(frozen=True, slots=True)
class _Open:
    """A word that stays unknown, and the variables that would tell it."""

    where: str
    expression: str
    missing: tuple[str, ...]


def known_words(
    config: DeployConfig, strays: Iterable[Stray], environment: Mapping[str, str], name: str
) -> tuple[DeployConfig, tuple[str, ...]]:
    """The call with every word known, and what was filled in; raises InputError that lists all that is not.

    ``strays`` are words that no flag takes: one that is not known may hide flags.
    """
    fill = _Filling(environment)
    hidden = [stray.word for stray in strays if isinstance(stray.word, Unknown)]
    fill.unknown += [_Open("a word", word.expression, ()) for word in hidden if word.expression not in _ARGUMENTS]
    settled = replace(
        config,
        environment=tuple((variable, fill.word(variable, word)) for variable, word in config.environment),
        flags=tuple(Flag(flag.name, tuple(fill.words(f"--{flag.name}", flag.words))) for flag in config.flags),
    )
    if fill.unknown:
        raise _refusal(fill.unknown, name)
    return settled, tuple(dict.fromkeys(fill.told))


class _Filling:
    """Fills in words one by one, and keeps what was used and what is missing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.told: list[str] = []
        self.unknown: list[_Open] = []

    def words(self, where: str, words: tuple[Word, ...]) -> Iterator[Word]:
        for word in words:
            if not (isinstance(word, Unknown) and word.expression in _ARGUMENTS):
                yield self.word(where, word)

    def word(self, where: str, word: Word) -> Word:
        if not isinstance(word, Unknown):
            return word
        names = [match["plain"] or match["braced"] for match in _VARIABLE.finditer(word.expression)]
        missing = tuple(name for name in names if not self.environment.get(name))
        text = _VARIABLE.sub(lambda match: self.environment.get(match["plain"] or match["braced"], ""), word.expression)
        hard = _SHELLS.search(_VARIABLE.sub("", word.expression)) or not names
        if missing or hard or any(self.environment[name].split() != [self.environment[name]] for name in names):
            self.unknown.append(_Open(where, word.expression, () if hard else missing))
            return word
        self.told += [f"{name} of the environment fills in {where}" for name in names]
        return text


def _refusal(unknown: list[_Open], name: str) -> InputError:
    listed = ", ".join(f"{one.where} is {one.expression}" for one in unknown)
    names = dict.fromkeys(variable for one in unknown for variable in one.missing)
    fault = f"{name} leaves words open that only a shell could fill in: {listed}"
    hint = f"set {', '.join(names)} in the environment" if names else "write them out in the file"
    return InputError(fault, hint)

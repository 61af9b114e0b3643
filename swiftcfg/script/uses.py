"""Script: one ``swift deploy`` call as it is written: every use of every flag and variable, with its place."""

from dataclasses import dataclass
from typing import Literal

from swiftcfg.config import DeployConfig, Flag, Unknown, Word


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column, both from 1; of a command given as words, the column is the number of the word."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Field:
    """One word as the program receives it: text, and what hides the rest. ``place`` is where it is written."""

    parts: tuple[Word, ...]
    place: Place

    def word(self) -> Word:
        return joined(self.parts)

    def head(self) -> str:
        """The text up to the first thing that is not known."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""


def joined(parts: tuple[Word, ...]) -> Word:
    """Parts as one word: text where all is known, else the expression that hides it."""
    text = "".join(part.expression if isinstance(part, Unknown) else part for part in parts)
    return Unknown(text) if any(isinstance(part, Unknown) for part in parts) else text


@dataclass(frozen=True, slots=True)
class FlagUse:
    """One use of a flag. ``name`` has underscores, ``spelling`` is as written; ``glued`` for ``--name=value``."""

    name: str
    words: tuple[Word, ...]
    spelling: str
    glued: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Stray:
    """A word that no flag takes: a configuration file, a lone backslash, an option with one dash."""

    word: Word
    place: Place


#: How a variable was set: exported in the shell, before the command, or in the shell without export.
Manner = Literal["export", "prefix", "shell"]


@dataclass(frozen=True, slots=True)
class VariableUse:
    name: str
    word: Word
    manner: Manner
    place: Place


@dataclass(frozen=True, slots=True)
class Assumption:
    """A variable that may come from outside, read as its default: ``${PORT:-8000}`` as ``8000``."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Script:
    """One call.

    ``variables`` reach swift, each the last that was set; ``kept_back`` are set but do not reach it.
    ``wrapper`` is False for ``python -m swift.cli.deploy``, which expands no configuration file.
    ``conditional`` is True where the call may not run, as in a branch of an ``if``.
    """

    flags: tuple[FlagUse, ...]
    variables: tuple[VariableUse, ...]
    kept_back: tuple[VariableUse, ...]
    strays: tuple[Stray, ...]
    place: Place
    wrapper: bool = True
    conditional: bool = False
    assumed: tuple[Assumption, ...] = ()

    def config(self) -> DeployConfig:
        """What the call means: of a flag given twice the last use counts, as ms-swift's parser has it."""
        flags = {use.name: use.words for use in self.flags}
        environment = {use.name: use.word for use in self.variables}
        return DeployConfig(tuple(environment.items()), tuple(Flag(name, words) for name, words in flags.items()))

    def config_file(self) -> Stray | None:
        """The file of ``swift deploy file.yaml …``, which must be the first word (ms-swift >= 4.1.0)."""
        first = min((use.place for use in self.flags), default=None)
        if not self.wrapper or not self.strays or (first and first < self.strays[0].place):
            return None
        word = self.strays[0].word
        text = word.expression if isinstance(word, Unknown) else word
        return self.strays[0] if text.endswith((".json", ".yaml", ".yml")) else None

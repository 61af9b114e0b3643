"""The flags of a call as they are written, each with what ms-swift's parser makes of it."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Literal, TypeVar

from swiftcfg.errors import InputError
from swiftcfg.flags import FlagCatalog, Match
from swiftcfg.script import FlagUse, Script
from swiftcfg.script.arguments import looks_like_option
from swiftcfg.values import dataclass

#: Why ms-swift's parser refuses the words after a flag.
Kind = Literal["choice", "type", "missing", "left over"]


@dataclass(frozen=True, slots=True)
class Refusal:
    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class Written:
    """One use of a flag, and what its name stands for in this release."""

    use: FlagUse
    match: Match

    @property
    def name(self) -> str:
        """The full name, or what is written where it stands for nothing."""
        return self.match.spec.name if self.match.spec else self.use.name

    @property
    def words(self) -> tuple[str, ...] | None:
        """The words after it; None where one of them is not known."""
        words = tuple(word for word in self.use.words if isinstance(word, str))
        return words if len(words) == len(self.use.words) else None

    @property
    def word(self) -> str | None:
        """The one known word after it."""
        return self.words[0] if self.words and len(self.words) == 1 else None

    @property
    def shown(self) -> str:
        """The flag as the user wrote it, with its words."""
        return " ".join((self.use.spelling, *(self.words or ())))

    @property
    def value(self) -> Any:
        """What ms-swift makes of the words; None where it refuses them, or one is not known."""
        if self.match.spec is None or self.words is None or self.refusal():
            return None
        return False if self.match.negated else self.match.spec.value(self.words)

    def refusal(self) -> Refusal | None:
        """Why the parser refuses the words; None where it takes them, or one is not known."""
        spec, words = self.match.spec, self.words
        if spec is None or words is None:
            return None
        if self.match.negated:
            return Refusal("left over", f"{self.use.spelling} takes no value") if words else None
        flags = () if self.use.glued else [word for word in words if looks_like_option(word)]
        if flags:  # only a settings file can say so: a shell would have made it a flag
            return Refusal("missing", f"--{self.name} expects a value, and {flags[0]!r} is taken for a flag")
        try:
            spec.value(words)
        except InputError as error:
            return Refusal(_kind(spec.choices, words), error.sentence)
        return None


def _kind(choices: Sequence[object], words: Sequence[str]) -> Kind:
    if not words:
        return "missing"
    if len(words) > 1:
        return "left over"
    return "choice" if choices else "type"


Answer = TypeVar("Answer")
_Question = Callable[[Script, FlagCatalog], Answer]


def remembered(question: _Question[Answer]) -> _Question[Answer]:
    """The function with the answer on the last call kept: dozens of rules ask the same of one call after another."""
    last: list[tuple[Script, FlagCatalog, Answer]] = []

    @wraps(question)
    def ask(script: Script, catalog: FlagCatalog) -> Answer:
        if not last or last[0][0] is not script or last[0][1] is not catalog:
            last[:] = [(script, catalog, question(script, catalog))]
        return last[0][2]

    return ask


@remembered
def flags_of(script: Script, catalog: FlagCatalog) -> tuple[Written, ...]:
    """Every use of every flag, in the order of the text."""
    return tuple(Written(use, catalog.resolve(use.spelling.removeprefix("--"))) for use in script.flags)


@remembered
def in_force(script: Script, catalog: FlagCatalog) -> dict[str, Written]:
    """The use that counts of each flag, the last, by its full name; names that stand for nothing are left out."""
    return {one.name: one for one in flags_of(script, catalog) if one.match.spec}


def forgiven(script: Script, catalog: FlagCatalog) -> bool:
    """Whether --ignore_args_error lets ms-swift start in spite of words that it does not know."""
    one = in_force(script, catalog).get("ignore_args_error")
    return one is not None and one.value is True

"""What a shell knows at one point of a script, and what is left of it where two ways meet."""

from dataclasses import field, replace

from swiftcfg.config import Unknown
from swiftcfg.config import Word as Value
from swiftcfg.script.expansion import Outside
from swiftcfg.script.fragment import Fragment
from swiftcfg.script.syntax import Command
from swiftcfg.script.uses import Place, Spans
from swiftcfg.script.words import Field
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """What a variable holds (None: it is unset), whether programs get it, and where it was set.

    One that is exported without a value here may have one from outside.
    """

    value: Value | Outside | None
    exported: bool
    place: Place
    spans: Spans = (None, None)


@dataclass
class State:
    variables: dict[str, Variable] = field(default_factory=dict)
    arrays: dict[str, tuple[Field, ...] | None] = field(default_factory=dict)  # None: not known
    functions: dict[str, tuple[Command, Fragment]] = field(default_factory=dict)
    parameters: tuple[Field, ...] | None = None
    exports_all: bool = False
    ended: str = ""  # by which command

    def copy(self) -> "State":
        return replace(self, variables=dict(self.variables), arrays=dict(self.arrays), functions=dict(self.functions))

    def merge(self, other: "State") -> None:
        """Make this the state after one of two ways that cannot be told apart."""
        if other.ended:
            return
        if self.ended:
            self.variables, self.functions, self.ended = other.variables, other.functions, ""
            self.arrays, self.parameters = other.arrays, other.parameters
            return
        for name in {**self.variables, **other.variables}:
            mine, theirs = self.variables.get(name), other.variables.get(name)
            if mine is not theirs and mine != theirs:
                known = mine or theirs
                assert known is not None  # noqa: S101  (one of the two has the name)
                exported = bool(mine and mine.exported) or bool(theirs and theirs.exported)
                self.variables[name] = Variable(Unknown(f"${name}"), exported, known.place)
        for name in {**self.arrays, **other.arrays}:
            if self.arrays.get(name) != other.arrays.get(name):
                self.arrays[name] = None
        if self.parameters != other.parameters:
            self.parameters = None
        self.functions |= other.functions

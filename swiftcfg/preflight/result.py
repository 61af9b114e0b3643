"""What a preflight says: problems that stop or hurt a start, and notes, among them on what could not be checked."""

from dataclasses import field
from typing import Literal

from swiftcfg.facts import Facts
from swiftcfg.values import dataclass

#: error: the server would not start, or not as it is planned. warning: it may, with a loss or a risk.
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. ``wait_s``: it goes away by itself in at most that time."""

    check: str
    severity: Severity
    sentence: str
    hint: str | None = None
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One thing worth knowing that is no fault."""

    check: str
    sentence: str


Said = Problem | Note


@dataclass(frozen=True, slots=True)
class Preflight:
    """Everything that was found, in the order of the checks, how long that took, and the facts that were judged."""

    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]
    took_s: float
    facts: Facts = field(repr=False, compare=False)

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "error")

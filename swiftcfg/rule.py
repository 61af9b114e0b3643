"""Rule and Finding: what a rule is, what it says, and how it asks for facts."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from swiftcfg.script import Place
from swiftcfg.values import dataclass

#: error: does not start, starts with another meaning than written, or dies under the workload. warning: runs, but
#: loses quality, memory or safety. info: a better choice is known.
Severity = Literal["error", "warning", "info"]
#: certain: follows from the text. likely: rests on an estimate or a default. possible: a habit worth a look.
Confidence = Literal["certain", "likely", "possible"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


# Changes name a flag as FlagUse.name has it: what is written, without dashes and with underscores.


@dataclass(frozen=True, slots=True)
class SetFlag:
    """Give a flag this value, adding it where it is not there."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RenameFlag:
    """Write another name for a flag; its value stays as it is written."""

    name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class RemoveFlag:
    """Take every use of a flag out, with its value."""

    name: str


@dataclass(frozen=True, slots=True)
class SetVariable:
    """Give an environment variable this value, adding it where it is not there."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class RenameVariable:
    name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class RemoveVariable:
    name: str


@dataclass(frozen=True, slots=True)
class ReplaceText:
    """Put other text in the place of the characters from ``start`` to ``end`` of the file."""

    start: int
    end: int
    text: str


Change = SetFlag | RenameFlag | RemoveFlag | SetVariable | RenameVariable | RemoveVariable | ReplaceText


@dataclass(frozen=True, slots=True)
class Fix:
    """Changes that mend a finding together. ``safe``: the meaning that was intended stays; others need a human."""

    title: str
    changes: tuple[Change, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a rule objects to.

    ``message`` is a sentence with the numbers. ``place`` is where; None for the call as a whole. ``subject``
    is the flag (with dashes) or variable it is about, for those who filter. ``severity`` overrides the rule's.
    """

    message: str
    place: Place | None = None
    subject: str | None = None
    fix: Fix | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its module in ``swiftcfg.rules`` states it.

    ``needs`` are the facts its check names, ``uses`` those it names with a default and can do without.
    """

    code: str
    slug: str
    title: str
    page: str
    severity: Severity
    confidence: Confidence
    sources: tuple[str, ...]
    needs: tuple[str, ...]
    check: Callable[..., Iterator[Finding]]
    uses: tuple[str, ...] = ()

    @property
    def asks_for_text_only(self) -> bool:
        """Whether it judges what is written and not what it means, so that no call need be there."""
        return self.needs == ("breakages",)

    def apply(self, facts: Mapping[str, Any]) -> Iterator[Finding]:
        """The findings, given every fact the rule needs, and of those it uses what is known."""
        asked = (*self.needs, *(name for name in self.uses if name in facts))
        return self.check(**{name: facts[name] for name in asked})

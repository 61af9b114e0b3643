"""Validate: run every rule that its facts allow over one deploy call."""

from collections.abc import Iterable
from dataclasses import replace

from swiftcfg.facts import Facts
from swiftcfg.rule import Finding, Rule, Severity
from swiftcfg.runtime import Runtime
from swiftcfg.script import Place
from swiftcfg.values import dataclass

#: Facts that a run may lack, and what would supply them.
REMEDIES = {
    "model": "the model is not known: give --model",
    "limits": "the limits of images are not known: give --model and --qwen-vl-utils",
    "gpus": "no GPU is known: give --gpu",
    "deployment": "the model or the GPU is not known: give --model and --gpu",
    "memory": "the model or the GPU is not known: give --model and --gpu",
    "video_readers": "what is installed to read videos is not known: give --python",
    "workload": "nothing says what the requests look like: give --profile",
}


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding with the rule that made it."""

    rule: Rule
    finding: Finding

    @property
    def severity(self) -> Severity:
        return self.finding.severity or self.rule.severity


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rule that could not run, and what it lacked."""

    rule: Rule
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules say of one call; ``ran`` are those that could judge it."""

    facts: Facts
    findings: tuple[Reported, ...]
    skipped: tuple[Skipped, ...]
    ran: tuple[Rule, ...] = ()


def validate(facts: Facts, rules: Iterable[Rule]) -> Outcome:
    """Run the rules; findings come in the order of the text, then of the codes."""
    known = facts.known()
    findings: list[Reported] = []
    skipped: list[Skipped] = []
    ran: list[Rule] = []
    for rule in rules:
        missing = [name for name in rule.needs if name not in known]
        if missing:
            skipped += [Skipped(rule, facts.reasons.get(missing[0], REMEDIES[missing[0]]))]
        else:
            ran += [rule]
            findings += [Reported(rule, finding) for finding in rule.apply(known)]
    return Outcome(facts, tuple(sorted(findings, key=_order)), tuple(skipped), tuple(ran))


def _order(reported: Reported) -> tuple[int, int, str]:
    place = reported.finding.place
    return (place.line, place.column, reported.rule.code) if place else (0, 0, reported.rule.code)


@dataclass(frozen=True, slots=True)
class Call:
    """What is said of one call, without the facts it rests on; ``about`` says under which these were judged."""

    place: Place
    about: "About"
    findings: tuple[Reported, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class About:
    """What a call was judged for; ``assumed`` says what was taken for the model that is named."""

    runtime: Runtime
    model: str | None
    gpus: tuple[str, ...] | None
    workload: str | None
    assumed: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One file: where it is, its name in messages, its kind, its text, its calls, and what is said of itself.

    ``ignored`` counts findings that comments suppress, ``mended`` the fixes that were applied, and ``kept`` says why
    a fix was not. ``fault`` is what a shell stops at, where no call is found.
    """

    path: str
    name: str
    kind: str
    text: str
    calls: tuple[Call, ...]
    findings: tuple[Reported, ...] = ()
    ignored: int = 0
    mended: int = 0
    kept: tuple[str, ...] = ()
    fault: str | None = None

    def reported(self) -> list[Reported]:
        """Everything found, in the order of the text; what several calls share is told once, at its place."""
        placed = [_placed(reported, call.place) for call in self.calls for reported in call.findings]
        return sorted(dict.fromkeys([*self.findings, *placed]), key=_order)


def call_of(outcome: Outcome) -> Call:
    """An outcome without its facts."""
    facts = outcome.facts
    about = About(
        facts.runtime,
        facts.model.location if facts.model else None,
        tuple(gpu.name for gpu in facts.gpus) if facts.gpus else None,
        facts.workload.name if facts.workload else None,
        facts.reasons.get("model") if facts.model else None,
    )
    return Call(facts.script.place, about, outcome.findings, outcome.skipped)


def _placed(reported: Reported, place: Place) -> Reported:
    """The finding with the call's own place where it has none."""
    if reported.finding.place:
        return reported
    return replace(reported, finding=replace(reported.finding, place=place))

"""Validate: run every rule that its facts allow over one deploy call."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from swiftcfg.facts import Facts
from swiftcfg.rule import Finding, Rule, Severity

#: Facts that a run may lack, and what would supply them.
REMEDIES = {
    "model": "the model is not known: give --model",
    "limits": "the limits of images are not known: give --model and --qwen-vl-utils",
    "gpus": "no GPU is known: give --gpu",
    "deployment": "the model or the GPU is not known: give --model and --gpu",
    "memory": "the model or the GPU is not known: give --model and --gpu",
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
    """What the rules say of one call."""

    facts: Facts
    findings: tuple[Reported, ...]
    skipped: tuple[Skipped, ...]


def validate(facts: Facts, rules: Iterable[Rule]) -> Outcome:
    """Run the rules; findings come in the order of the text, then of the codes."""
    known = facts.known()
    findings: list[Reported] = []
    skipped: list[Skipped] = []
    for rule in rules:
        missing = [name for name in rule.needs if name not in known]
        if missing:
            skipped += [Skipped(rule, facts.reasons.get(missing[0], REMEDIES[missing[0]]))]
        else:
            findings += [Reported(rule, finding) for finding in rule.apply(known)]
    return Outcome(facts, tuple(sorted(findings, key=_order)), tuple(skipped))


def _order(reported: Reported) -> tuple[int, int, str]:
    place = reported.finding.place
    return (place.line, place.column, reported.rule.code) if place else (0, 0, reported.rule.code)


def worst(outcomes: Iterable[Outcome]) -> Iterator[Severity]:
    """The severities of all findings."""
    return (reported.severity for outcome in outcomes for reported in outcome.findings)

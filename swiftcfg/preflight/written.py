"""What validate says of the call: its errors stop a start, its warnings are told, the rest is for another day."""

from collections.abc import Iterator

from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.starting.known import Known
from swiftcfg.suppress import suppress
from swiftcfg.validate import Reported, validate


def check_settings(known: Known) -> Iterator[Said]:
    subject = known.subject
    outcome = validate(known.facts, subject.rules)
    left = suppress([outcome], subject.text, subject.rules).outcomes[0]
    yield from (Note("settings", told) for told in subject.told)
    yield from (problem for reported in left.findings if (problem := _problem(reported)))
    if known.facts.model is None:
        yield Note("settings", f"without the model's numbers memory and sizes are not judged: {_why(known)}")


def _problem(reported: Reported) -> Problem | None:
    severity = reported.severity
    if severity == "info":
        return None
    fix = reported.finding.fix
    hint = fix.title if fix else f"swiftcfg explain {reported.rule.code} tells more"
    return Problem(f"settings {reported.rule.code}", severity, reported.finding.message, hint)


def _why(known: Known) -> str:
    return known.facts.reasons.get("model", "it is not known").removesuffix(": give --model")

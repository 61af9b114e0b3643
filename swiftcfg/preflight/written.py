"""What validate says of the call: its errors stop a start, its warnings are told, the rest is for another day."""

from collections.abc import Iterator

from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.suppress import suppress
from swiftcfg.validate import Reported, validate
from swiftcfg.visible_gpus import ORDER, VISIBLE

#: Facts that depend on which cards the server gets.
_OF_CARDS = frozenset({"gpus", "deployment", "memory"})
#: Rules that count cards by what is written alone; a server on the processor needs none.
_COUNT_CARDS = frozenset({"PAR002"})


def check_settings(known: Known) -> Iterator[Said]:
    subject = known.subject
    outcome = validate(known.facts, subject.rules)
    left = suppress([outcome], subject.text, subject.rules).outcomes[0]
    yield from (Note("settings", told) for told in subject.told)
    told = (one for one in left.findings if not (known.on_cpu and one.rule.code in _COUNT_CARDS))
    yield from (problem for one in told if (problem := _problem(one, in_doubt=known.cards_in_doubt)))
    if known.facts.model is None:
        yield Note("settings", f"without the model's numbers memory and sizes are not judged: {_why(known)}")


def _problem(reported: Reported, *, in_doubt: bool) -> Problem | None:
    """What stops a start only on other cards than CUDA may give is a warning."""
    severity, doubted = reported.severity, in_doubt and not _OF_CARDS.isdisjoint(reported.rule.needs)
    if severity == "info":
        return None
    if severity == "error" and doubted:
        why = f"if CUDA numbers the cards as nvidia-smi does: {reported.finding.message}"
        return Problem(f"settings {reported.rule.code}", "warning", why, f"say which: {ORDER}=PCI_BUS_ID {VISIBLE}=0")
    fix = reported.finding.fix
    hint = fix.title if fix else f"swiftcfg explain {reported.rule.code} tells more"
    return Problem(f"settings {reported.rule.code}", severity, reported.finding.message, hint)


def _why(known: Known) -> str:
    return known.facts.reasons.get("model", "it is not known").removesuffix(": give --model")

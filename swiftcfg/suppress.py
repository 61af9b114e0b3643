"""Suppression: ``# swiftcfg: ignore[VIS001]`` on a line, ``# swiftcfg: ignore-file[VIS001]`` anywhere in a file.

A line comment counts for its own line; one that stands alone counts for the next line that is no comment. On any
line of a call it counts for the whole call, because no comment can stand inside a continued command.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from swiftcfg.rule import Finding, Rule
from swiftcfg.script import Place, Script
from swiftcfg.validate import Outcome, Reported
from swiftcfg.values import dataclass

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*swiftcfg:\s*ignore(?P<file>-file)?(?:\[(?P<codes>[^\]]*)\]|(?![\w[-]))")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment. ``codes`` are rules or beginnings of them; ``line`` is what it counts for, None for the file."""

    codes: tuple[str, ...]
    line: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Unused:
    """A code of a comment that no finding has; ``known`` where there is such a rule."""

    code: str
    place: Place
    known: bool


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What is left of the outcomes, how many findings were taken out, and what the comments name in vain."""

    outcomes: tuple[Outcome, ...]
    count: int
    unused: tuple[Unused, ...]


def matches(code: str, pattern: str) -> bool:
    """Whether a pattern such as ``VIS``, ``VIS001`` or ``ALL`` names a rule."""
    return pattern == "ALL" or (pattern != "" and code.startswith(pattern))


def suppress(outcomes: Sequence[Outcome], text: str, rules: Iterable[Rule]) -> Suppressed:
    """Take out what comments of the text suppress. ``rules`` are all there are, selected or not."""
    ignores = tuple(find_ignores(text))
    if not ignores:
        return Suppressed(tuple(outcomes), 0, ())
    used: set[tuple[Ignore, str]] = set()
    kept = tuple(_kept(outcome, ignores, used, text) for outcome in outcomes)
    count = sum(len(before.findings) - len(after.findings) for before, after in zip(outcomes, kept, strict=True))
    unused = tuple(_unused(ignores, used, outcomes, {rule.code for rule in rules}))
    return Suppressed(kept, count, unused)


def find_ignores(text: str) -> Iterator[Ignore]:
    """Every comment of the text."""
    if "swiftcfg:" not in text:
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        for match in _COMMENT.finditer(line):
            listed = match["codes"]
            codes = ("ALL",) if listed is None else tuple(code.strip().upper() for code in listed.split(","))
            target = None if match["file"] else _target(lines, number, alone=not line[: match.start()].strip())
            yield Ignore(codes, target, Place(number, match.start() + 1))


def _target(lines: Sequence[str], number: int, *, alone: bool) -> int:
    while alone and number < len(lines) and lines[number - 1].lstrip().startswith("#"):
        number += 1
    return number


def _kept(outcome: Outcome, ignores: Sequence[Ignore], used: set[tuple[Ignore, str]], text: str) -> Outcome:
    script = outcome.facts.script
    call = _lines(script, text)
    return replace(
        outcome, findings=tuple(one for one in outcome.findings if not _hits(one, script, call, ignores, used))
    )


def _hits(
    reported: Reported, script: Script, call: range, ignores: Sequence[Ignore], used: set[tuple[Ignore, str]]
) -> bool:
    """Whether a comment counts for the finding; those that do are marked as used."""
    line = (reported.finding.place or script.place).line
    hits = {
        (ignore, code)
        for ignore in ignores
        if ignore.line is None or ignore.line == line or ignore.line in call
        for code in ignore.codes
        if matches(reported.rule.code, code)
    }
    used |= hits
    return bool(hits)


def _lines(script: Script, text: str) -> range:
    """The lines that a call is written on as one command; in a file of settings each line stands for itself."""
    if script.syntax in ("yaml", "json"):
        return range(0)
    if script.span is None:
        return range(script.place.line, script.place.line + 1)
    first = text.count("\n", 0, script.span.start) + 1
    return range(first, first + text.count("\n", script.span.start, script.span.end) + 1)


def _unused(
    ignores: Sequence[Ignore], used: Collection[tuple[Ignore, str]], outcomes: Sequence[Outcome], known: set[str]
) -> Iterator[Unused]:
    """Codes that suppress nothing, where every rule that they name could have found something in every call."""
    judged = [{rule.code for rule in outcome.ran} for outcome in outcomes]
    for ignore in ignores:
        for code in ignore.codes:
            named = {rule for rule in known if matches(rule, code)}
            if (ignore, code) not in used and all(named <= ran for ran in judged):
                yield Unused(code, ignore.place, known=bool(named))


def _unused_finding(unused_ignores: Sequence[Unused]) -> Iterator[Finding]:
    for unused in unused_ignores:
        if unused.known:
            yield Finding(f"nothing here is reported as {unused.code}; take it out of the comment", unused.place)
        else:
            yield Finding(f"there is no rule {unused.code or 'without a code'}", unused.place)


#: Reported beside the rules of swiftcfg.rules: it judges comments, when all other findings are known.
UNUSED_IGNORE = Rule(
    code="IGN001",
    slug="unused-ignore",
    title="Unused ignore",
    page="""Unused ignore.

A comment says `# swiftcfg: ignore[...]`, and nothing that it names is found there any more, or no rule is called so.
What it was written for is mended, or has moved away from the comment; left in place, it would hide the next fault.

A code counts as unused only where its rules could run: without a known GPU, an ignored MEM rule is not judged.

Bad:

    # swiftcfg: ignore[VIS001]
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm""",
    severity="info",
    confidence="certain",
    sources=("swiftcfg: docs/validate.md",),
    needs=("unused_ignores",),
    check=_unused_finding,
)

"""What a running server counted, as text and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from swiftcfg.media import Size
from swiftcfg.probe import Check, Found
from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import table, wrapped
from swiftcfg.report.plain import plain
from swiftcfg.values import dataclass

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class ServerLine:
    """Who answered; ``health`` is the HTTP status of /health, ``asked`` the model that requests named."""

    address: str
    health: int | None
    models: tuple[str, ...]
    asked: str


@dataclass(frozen=True)
class Bounds:
    """The number, where both are the same."""

    low: int
    high: int


@dataclass(frozen=True)
class Resized:
    """What the model saw, and the values of the variable that explain it; null: no end on that side."""

    size: tuple[int, int]
    variable: str
    low: int | None
    high: int | None


@dataclass(frozen=True)
class CheckLine:
    """One request. ``added`` is what it made the prompt longer by, ``expected`` what it should."""

    what: str
    kind: str
    ok: bool
    media: str | None
    status: int | None
    seconds: float | None
    prompt_tokens: int | None
    added: int | None
    expected: Bounds | None
    resized: Resized | None
    detail: str


@dataclass(frozen=True)
class ProbeReport:
    """The output of swiftcfg probe. ``model`` is the family that was counted by, null where it is not known."""

    schema_version: int
    server: ServerLine
    model: str | None
    passed: bool
    checks: tuple[CheckLine, ...]
    left_out: tuple[str, ...]


def probe_report(found: Found) -> ProbeReport:
    server, proof = found.server, found.proof
    return ProbeReport(
        schema_version=SCHEMA_VERSION,
        server=ServerLine(server.address, server.health, server.models, server.name),
        model=found.model.name if found.model else None,
        passed=proof.passed,
        checks=tuple(map(check_line, proof.checks)),
        left_out=proof.left_out,
    )


def check_line(check: Check) -> CheckLine:
    expected, seen = check.expected, check.seen
    return CheckLine(
        what=check.what,
        kind=check.kind,
        ok=check.ok,
        media=None if check.media is None else str(check.media),
        status=check.status,
        seconds=None if check.elapsed_s is None else round(check.elapsed_s, 3),
        prompt_tokens=check.prompt_tokens,
        added=check.added,
        expected=None if expected is None else Bounds(expected.low, expected.high),
        resized=None if seen is None else Resized(_pair(seen.resized), seen.variable, seen.low, seen.high),
        detail=check.detail,
    )


def _pair(size: Size) -> tuple[int, int]:
    return size.width, size.height


def probe_json(report: ProbeReport) -> str:
    return as_json(asdict(report))


def probe_text(report: ProbeReport) -> str:
    server = report.server
    parts = [f"{server.address} serves {', '.join(map(plain, server.models))}{_health(server.health)}"]
    if len(server.models) > 1:
        parts.append(f"asked: {plain(server.asked)}")
    if report.model:
        parts.append(f"counted as {report.model}")
    parts += ["", *checks_table(report.checks), "", *checks_remarks(report.checks, report.left_out)]
    return "\n".join(parts).rstrip() + "\n"


def _health(status: int | None) -> str:
    return "; /health gives no answer" if status is None else f"; /health {status}"


_HEAD = ("", "sent", "prompt tokens", "added", "planned", "seconds", "")


def checks_table(checks: Sequence[CheckLine]) -> Iterator[str]:
    """A row for each request; the column of what is planned only where something is."""
    columns = list(zip(_HEAD, *map(_cells, checks), strict=True))
    shown = [column for column in columns if any(column[1:])]
    yield from table(list(zip(*shown, strict=True)), numbers_from=1)


def _cells(check: CheckLine) -> tuple[str, ...]:
    expected = check.expected
    planned = "" if expected is None else f"{expected.low:,}"
    if expected and expected.low != expected.high:
        planned = f"{expected.low:,} to {expected.high:,}"
    return (
        plain(check.what),
        check.media or "",
        _number(check.prompt_tokens),
        _number(check.added),
        planned,
        "" if check.seconds is None else f"{check.seconds:.1f}",
        "ok" if check.ok else "FAILED",
    )


def _number(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}"


def checks_remarks(checks: Sequence[CheckLine], left_out: Sequence[str]) -> Iterator[str]:
    """A sentence for each request that tells something, and for what was not tried."""
    for check in checks:
        if not check.ok or (check.resized and check.expected is None):
            name = plain(check.what) if check.media is None else f"{plain(check.what)} {check.media}"
            yield wrapped(f"{name}: {plain(check.detail)}", "  ")
    for text in left_out:
        yield wrapped(f"not tried: {text}", "  ")

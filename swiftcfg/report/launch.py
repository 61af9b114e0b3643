"""What a launch tells: stages while a server starts, then what was proved and measured, or what it died of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from swiftcfg.launch.applied import SettingCheck
from swiftcfg.launch.attempt import Died
from swiftcfg.launch.session import Proved
from swiftcfg.planner import Plan
from swiftcfg.report.cause import cause_data
from swiftcfg.report.layout import wrapped
from swiftcfg.report.plain import plain
from swiftcfg.report.probe import check_line, checks_remarks, checks_table
from swiftcfg.serverlog import Cause, Comparison, Measured, Stage
from swiftcfg.units import duration, gib
from swiftcfg.values import dataclass

SCHEMA_VERSION = 1


def stage_line(stage: Stage, elapsed_s: float) -> str:
    """``12.3 s  weights 2/4``."""
    parts = "" if stage.total is None else f" {stage.done}/{stage.total}"
    return f"{elapsed_s:7.1f} s  {stage.name}{parts}"


def proved_text(proved: Proved) -> str:
    """The requests of the proof, the settings that the server printed, its memory beside the plan."""
    parts: list[str] = []
    if proved.proof:
        checks = [check_line(check) for check in proved.proof.checks]
        parts += ["Proof:", *_indented(checks_table(checks)), *_indented(checks_remarks(checks, proved.proof.left_out))]
    if proved.settings:
        parts += ["Settings that the server took:", *_indented(map(_setting, proved.settings))]
    if proved.memory:
        parts += ["Memory by the server's log:", *_indented(map(_comparison, proved.memory))]
    return "".join(f"{line}\n" for line in parts)


def _indented(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield from (f"  {each}" for each in line.splitlines())


def _setting(check: SettingCheck) -> str:
    same = "as planned" if check.ok else "NOT as planned"
    return plain(f"{check.name}={check.planned}: {check.printed_name} {check.printed}, {same}")


def _comparison(row: Comparison) -> str:
    low, high = (_figure(amount, row.measured) for amount in (row.planned.low, row.planned.high))
    planned = low if low == high else f"{low} to {high}"
    verdict = "as planned" if row.inside else f"outside by {_figure(abs(row.off), row.measured)}"
    return f"{row.name:<22}{_figure(row.measured.value, row.measured):>12}  planned {planned}: {verdict}"


def _figure(value: float, measured: Measured) -> str:
    return gib(value) if measured.unit == "bytes" else f"{value:,}"


def served_text(name: str, proved: Proved, *, detached: bool, log: str) -> str:
    """Where the server is and how it is stopped."""
    served = proved.served
    lines = [
        f"{plain(proved.model)} is served at {served.endpoint}/v1, {duration(served.took_s)} after its start.",
        f"Log: {plain(log)}",
        f"Stop it with: swiftcfg stop {name}" if detached else "Ctrl-C stops it.",
    ]
    return "".join(f"{line}\n" for line in lines)


def cause_text(cause: Cause, took_s: float, tail: Sequence[str]) -> str:
    """The last lines of a server that is gone, the cause in one line, and what to change."""
    lines = ["Last lines of the server:", *(f"  {plain(line)[:300]}" for line in tail)] if tail else []
    lines += [wrapped(plain(f"cause ({cause.kind}), after {duration(took_s)}: {cause.sentence}"), "  ")]
    lines += [wrapped(plain(f"change: {cause.remedy}"), "  ")] if cause.remedy else []
    return "".join(f"{line}\n" for line in lines)


def faults_of(proved: Proved) -> list[str]:
    """A sentence for each thing that is not as planned."""
    checks = proved.proof.checks if proved.proof else ()
    faults = [f"{check.what}: {check.detail}" for check in checks if not check.ok]
    return faults + [_setting(check) for check in proved.settings if not check.ok]


@dataclass(frozen=True)
class SettingChange:
    """One setting of two plans; null where it is not set."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class BackOffStep:
    """One step of back-off: the kind of failure that led to it, and what it changes."""

    step: int
    kind: str
    changes: tuple[SettingChange, ...]


def changes_between(before: Plan, after: Plan) -> tuple[SettingChange, ...]:
    """The settings that differ, in the order of the new plan; those it no longer has come last."""
    old, new = ({item.name: item.value for item in plan.settings} for plan in (before, after))
    names = dict.fromkeys((*new, *old))
    return tuple(SettingChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def back_off_text(step: BackOffStep) -> str:
    """What one step of back-off changes, setting by setting."""
    lines = [f"Back-off, step {step.step}, after a failure of {step.kind}:"]
    lines += [f"  {each.name}: {each.before or 'not set'} → {each.after or 'not set'}" for each in step.changes]
    return "".join(f"{line}\n" for line in lines)


def back_off_data(steps: Sequence[BackOffStep]) -> list[dict[str, Any]]:
    """The list ``back_off`` of launch's JSON."""
    return [asdict(step) for step in steps]


def launch_data(name: str, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a launch that has come to its end."""
    return {"schema_version": SCHEMA_VERSION, "name": name, **outcome}


def proved_data(proved: Proved) -> dict[str, Any]:
    """The object ``served`` of launch's JSON."""
    return {
        "url": str(proved.served.endpoint),
        "model": plain(proved.model),
        "after_s": round(proved.served.took_s, 1),
        "passed": proved.passed,
        "checks": [asdict(check_line(check)) for check in proved.proof.checks] if proved.proof else None,
        "left_out": list(proved.proof.left_out) if proved.proof else [],
        "settings": [asdict(check) for check in proved.settings],
        "memory": [_comparison_data(row) for row in proved.memory],
    }


def _comparison_data(row: Comparison) -> dict[str, Any]:
    return {
        "name": row.name,
        "unit": row.measured.unit,
        "measured": row.measured.value,
        "planned": {"low": row.planned.low, "best": row.planned.best, "high": row.planned.high},
        "inside": row.inside,
    }


def died_data(died: Died) -> dict[str, Any]:
    """The object ``failure`` of launch's JSON."""
    return cause_data(died.cause) | {"after_s": round(died.took_s, 1), "tail": [plain(line) for line in died.tail]}

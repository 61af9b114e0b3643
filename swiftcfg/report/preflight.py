"""What a preflight found and what would be started, as text and as the parts of launch's JSON."""

import shlex
from collections.abc import Iterator
from typing import Any

from swiftcfg.preflight import Note, Preflight, Problem
from swiftcfg.report.layout import many, wrapped
from swiftcfg.report.plain import plain
from swiftcfg.starting import Change, StartCommand

#: Columns of the severity and of the check's name.
_SEVERITY, _CHECK = 9, 17
_HIDDEN = "***"


def preflight_text(found: Preflight) -> str:
    """Problems first, each with what to do, then notes."""
    lines = [_summary(found)]
    for problem in sorted(found.problems, key=lambda problem: problem.severity):
        lines.append(_row(problem.severity, problem.check, problem.sentence))
        lines += [_row("", "", f"→ {problem.hint}")] if problem.hint else []
    lines += [_row("note", note.check, note.sentence) for note in found.notes]
    return "\n".join(lines) + "\n"


def start_text(command: StartCommand) -> str:
    """Words and environment of the server; what is secret is not shown."""
    lines = [
        "Command:",
        *_words(command),
        "",
        f"Folder: {plain(command.cwd)}",
        "",
        "Environment, beside this shell's own:",
    ]
    lines += [f"  {_change(change, command)}" for change in command.changes] or ["  nothing"]
    if command.stdin:
        lines += [
            "",
            "Standard input: the values of secret flags, which stand neither in the words nor in the environment",
        ]
    return "\n".join(lines) + "\n"


def preflight_data(found: Preflight) -> dict[str, Any]:
    """The object ``preflight`` of launch's JSON."""
    return {
        "ok": not found.errors,
        "problems": [_problem_data(problem) for problem in found.problems],
        "notes": [_note_data(note) for note in found.notes],
        "took_s": round(found.took_s, 3),
    }


def start_data(command: StartCommand) -> dict[str, Any]:
    """The object ``start`` of launch's JSON."""
    return {
        "argv": [plain(word) for word in command.argv],
        "cwd": plain(command.cwd),
        "environment": [
            {"name": plain(change.name), "value": _value(change, command), "why": change.why}
            for change in command.changes
        ],
        "secrets_on_standard_input": command.stdin is not None,
    }


def _summary(found: Preflight) -> str:
    errors, warnings = len(found.errors), len(found.problems) - len(found.errors)
    counts = ((errors, "error"), (warnings, "warning"))
    said = ", ".join(many(number, word) for number, word in counts if number) or "nothing in the way"
    return f"Preflight: {said} ({found.took_s:.2f} s)"


def _row(severity: str, check: str, sentence: str) -> str:
    start = f"  {severity:<{_SEVERITY}}{check:<{_CHECK}}"
    return wrapped(plain(sentence), " " * len(start), first=start)


def _words(command: StartCommand) -> Iterator[str]:
    """A flag a line, as a shell would read them."""
    line = "  "
    for word in command.argv:
        quoted = shlex.quote(word)
        if word.startswith("--"):
            yield line + " \\"
            line = "    "
        line += plain(quoted) if line.isspace() else f" {plain(quoted)}"
    yield line


def _change(change: Change, command: StartCommand) -> str:
    value = _value(change, command)
    text = f"{plain(change.name)} is left out" if value is None else f"{plain(change.name)}={shlex.quote(value)}"
    return f"{text}  ({change.why})"


def _value(change: Change, command: StartCommand) -> str | None:
    """The value, secrets hidden."""
    if change.value is None:
        return None
    return _HIDDEN if change.value in command.secrets else plain(change.value)


def _problem_data(problem: Problem) -> dict[str, Any]:
    return {
        "check": problem.check,
        "severity": problem.severity,
        "sentence": plain(problem.sentence),
        "hint": None if problem.hint is None else plain(problem.hint),
        "wait_s": problem.wait_s,
    }


def _note_data(note: Note) -> dict[str, str]:
    return {"check": note.check, "sentence": plain(note.sentence)}

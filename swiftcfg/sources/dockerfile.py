"""Dockerfiles: what CMD and ENTRYPOINT start, and what RUN runs, with the variables of ENV and ARG."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from swiftcfg.script import Script, VariableUse, read_fragment, read_program
from swiftcfg.script.fragment import File, Fragment
from swiftcfg.script.uses import Span
from swiftcfg.script.words import Field, Written

_INSTRUCTION = re.compile(r"[ \t]*([A-Za-z]+)[ \t]+")
_COMMENT = re.compile(r"[ \t]*#")
_CONTINUED = re.compile(r"\\[ \t]*\r?\n?\Z")
_LINE_END = re.compile(r"\\\n")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_PAIR = re.compile(r"""(\w+)=((?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])*)""", re.DOTALL)
_OLD_PAIR = re.compile(r"(\w+)[ \t]+(.*\S)", re.DOTALL)


@dataclass
class _Stage:
    """What one FROM has gathered so far."""

    environment: dict[str, VariableUse] = field(default_factory=dict)
    entrypoint: Fragment | None = None
    command: Fragment | None = None


def dockerfile_calls(file: File) -> Iterator[Script]:
    """The calls of a Dockerfile; of several CMD in one stage the last counts."""
    stage = _Stage()
    for name, body in _instructions(file):
        if name == "FROM":
            yield from _started(stage, file)
            stage = _Stage()
        elif name in ("ENV", "ARG"):
            stage.environment.update((use.name, use) for use in _variables(body))
        elif name == "RUN":
            yield from _run(body, file, stage)
        elif name == "ENTRYPOINT":
            stage.entrypoint = body
        elif name == "CMD":
            stage.command = body
    yield from _started(stage, file)


def _instructions(file: File) -> Iterator[tuple[str, Fragment]]:
    """Every instruction with its text: comments between continued lines are left out, and blanks after a backslash."""
    runs: list[tuple[str, Span]] = []
    name = ""
    for number, start in enumerate(file.line_starts):
        end = file.line_starts[number + 1] if number + 1 < len(file.line_starts) else len(file.text)
        line = file.text[start:end]
        if _COMMENT.match(line) or (name and not line.strip()):
            continue
        if not name:
            match = _INSTRUCTION.match(line)
            if not match:
                continue
            name, start = match.group(1).upper(), start + match.end()  # noqa: PLW2901
        continued = _CONTINUED.search(file.text, start, end)
        runs += file.line_runs(start, continued.start() if continued else end)
        if continued:
            runs += [("\\", Span(continued.start(), continued.start() + 1)), ("\n", Span(end - 1, end))]
        else:
            yield name, Fragment.of_runs(file, runs)
            name, runs = "", []
    if name:
        yield name, Fragment.of_runs(file, runs)


def _variables(body: Fragment) -> list[VariableUse]:
    body = body.replaced(_LINE_END, lambda _: "")
    old = _OLD_PAIR.fullmatch(body.text.strip()) if "=" not in body.text.split(maxsplit=1)[:1] else None
    matches = list(_PAIR.finditer(body.text)) or ([old] if old else [])
    return [
        VariableUse(
            match.group(1), _unquoted(match.group(2)), "export", body.place(match.start()),
            body.span(*match.span(1)), body.span(*match.span(2)),
        )
        for match in matches
    ]  # fmt: skip


def _unquoted(text: str) -> str:
    if text[:1] in ("'", '"') and text[-1:] == text[:1]:
        return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else text[1:-1]
    return re.sub(r"\\(.)", r"\1", text)


def _words(body: Fragment) -> list[Field] | None:
    """The words of ``["a", "b"]``; None where it is a shell's text."""
    body = body.replaced(_LINE_END, lambda _: "")
    try:
        listed = json.loads(body.text)
    except (ValueError, RecursionError):
        return None
    matches = list(_STRING.finditer(body.text))
    if not isinstance(listed, list) or len(matches) != len(listed) or not all(isinstance(one, str) for one in listed):
        return None
    return [_word(body, match, text) for match, text in zip(matches, listed, strict=True)]


def _word(body: Fragment, match: "re.Match[str]", text: str) -> Field:
    span = body.span(*match.span()) or Span(0, 0)
    whole = Fragment.of_runs(body.file, [(text, span)])
    inner = body.cut(match.start() + 1, match.end() - 1, '"\\')
    content = inner if inner.text == text else body.detached(text, match.start())
    return Field((text,), body.place(match.start()), Written(whole, 0, len(text)), content)


def _run(body: Fragment, file: File, stage: _Stage) -> tuple[Script, ...]:
    words = _words(body)
    environment = stage.environment.values()
    return read_fragment(body, environment) if words is None else read_program(words, file, environment)


def _started(stage: _Stage, file: File) -> tuple[Script, ...]:
    """ENTRYPOINT with CMD as its arguments; one that is a shell's text takes none."""
    if stage.entrypoint is None:
        return _run(stage.command, file, stage) if stage.command else ()
    words = _words(stage.entrypoint)
    if words is None:
        return _run(stage.entrypoint, file, stage)
    arguments = _words(stage.command) if stage.command else []
    return read_program([*words, *(arguments or [])], file, stage.environment.values())

"""Units of systemd: ExecStart and its kin, with the variables of Environment."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from swiftcfg.config import Unknown
from swiftcfg.script import Script, VariableUse, read_fragment
from swiftcfg.script.fragment import File, Fragment

if TYPE_CHECKING:
    from swiftcfg.script.uses import Span

_SETTING = re.compile(r"[ \t]*(ExecStart|ExecStartPre|ExecStartPost|ExecReload|Environment)[ \t]*=[ \t]*")
_COMMENT = re.compile(r"[ \t]*[#;]")
#: ``-``, ``@``, ``:``, ``+`` and ``!`` before a path (systemd.service(5), COMMAND LINES).
_MODIFIERS = re.compile(r"[-@:+!|]*")
_SPECIFIER = re.compile(r"%[A-Za-z]|%%")
_ASSIGNMENT = re.compile(
    r"""(?:"((\w+)=((?:[^"\\]|\\.)*))"|'((\w+)=([^']*))'|((\w+)=((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])*)))"""
)


def unit_calls(file: File) -> Iterator[Script]:
    """The calls of a unit."""
    settings = list(_settings(file))
    variables: dict[str, VariableUse] = {}
    for name, body in settings:
        if name == "Environment":
            variables.update((use.name, use) for use in _variables(body))
    for name, body in settings:
        if name != "Environment":
            command = body.cut(_MODIFIERS.match(body.text).end(), len(body.text))  # type: ignore[union-attr]
            yield from read_fragment(command.replaced(_SPECIFIER, _specified), variables.values())


def _specified(match: "re.Match[str]") -> str | Unknown:
    return "%" if match[0] == "%%" else Unknown(match[0])


def _settings(file: File) -> Iterator[tuple[str, Fragment]]:
    """Every setting of interest: continued lines together, comments between them left out."""
    runs: list[tuple[str, Span]] = []
    name, going_on = "", False
    for number, start in enumerate(file.line_starts):
        end = file.line_starts[number + 1] if number + 1 < len(file.line_starts) else len(file.text)
        line = file.text[start:end]
        if _COMMENT.match(line):
            continue
        match = None if going_on else _SETTING.match(line)
        name = match.group(1) if match else name if going_on else ""
        first = start + match.end() if match else start
        if name:
            runs += file.line_runs(first, end)
        going_on = line.rstrip("\r\n").endswith("\\")
        if name and not going_on:
            yield name, Fragment.of_runs(file, runs)
            runs = []
    if name and runs:
        yield name, Fragment.of_runs(file, runs)


def _variables(body: Fragment) -> Iterator[VariableUse]:
    for match in _ASSIGNMENT.finditer(body.text):
        base = next(number for number in (1, 4, 7) if match.group(number) is not None)
        name, value = match.group(base + 1), match.group(base + 2)
        spans = (body.span(*match.span(base + 1)), body.span(*match.span(base + 2)))
        if value[:1] in ("'", '"') and value[-1:] == value[:1]:
            value = value[1:-1]
        yield VariableUse(name, value.replace("%%", "%"), "export", body.place(match.start()), *spans)

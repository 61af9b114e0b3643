"""The console of a launch: its own lines on standard error, the server's output on standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from swiftcfg.report.launch import stage_line
from swiftcfg.report.plain import plain

if TYPE_CHECKING:
    from swiftcfg.serverlog import Stage

_CLEAR_LINE = "\r\x1b[K"


class Console:
    """Where nothing but stages is told and somebody looks on, they take one line that changes."""

    def __init__(self, *, shows_output: bool) -> None:
        self._shows_output = shows_output
        self._one_line = not shows_output and sys.stderr.isatty()
        self._pending = False

    def stage(self, stage: Stage, elapsed_s: float) -> None:
        line = plain(stage_line(stage, elapsed_s))
        if self._one_line:
            click.echo(f"{_CLEAR_LINE}{line}", nl=False, err=True)
            self._pending = True
        else:
            click.echo(line, err=True)

    def output(self, raw: bytes) -> None:
        if self._shows_output:
            click.echo(raw, nl=False)

    def say(self, sentence: str) -> None:
        self._end_line()
        click.echo(f"swiftcfg: {plain(sentence)}", err=True)

    def text(self, text: str) -> None:
        self._end_line()
        click.echo(text, nl=False, err=True)

    def _end_line(self) -> None:
        if self._pending:
            click.echo(err=True)
        self._pending = False

"""swiftcfg validate: find what is wrong with existing deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from swiftcfg.cli.options import echo, given_versions, gpu_option, runtime_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swiftcfg.rule import Severity

FORMATS = ("text", "json", "sarif", "github", "junit")


def _codes(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Codes from options that may be repeated and hold several, with commas."""
    return tuple(code.strip().upper() for value in values for code in value.split(",") if code.strip())


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|GLOB|- ...")
@click.option("--model", metavar="NAME|FOLDER", help="The model, where the command does not name one known here.")
@gpu_option
@click.option("--profile", metavar="NAME|FILE", help="The workload to judge by: a profile's name or file.")
@runtime_options
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="text for people, json for programs, sarif for code scanning, github for annotations, junit for CI.",
)
@click.option(
    "--select", multiple=True, metavar="CODES", callback=_codes, help="Only these rules: VIS001,MEM. Default: all."
)
@click.option("--ignore", multiple=True, metavar="CODES", callback=_codes, help="Not these rules.")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "info", "never")),
    default="error",
    show_default=True,
    help="The least severe finding that makes the exit status 1.",
)
@click.option("--skip-others", is_flag=True, help="Pass over files that hold no swift deploy.")
@click.option("--fix", is_flag=True, help="Apply the fixes that keep the meaning; nothing else in a file changes.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also the fixes that change the meaning.")
@click.pass_context
def validate(
    context: click.Context,
    paths: tuple[str, ...],
    model: str | None,
    gpu: str | None,
    profile: str | None,
    python: str | None,
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str,
    *,
    skip_others: bool,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
) -> None:
    """Find what is wrong with existing deployments: what stops them, is lost, or breaks under load.

    Exit status: 0 where nothing as severe as --fail-on is found, 1 where something is, 2 where a file cannot be used.
    """
    from swiftcfg.check import Options, chosen_rules
    from swiftcfg.cli.checking import Work, found, report
    from swiftcfg.project import Settings

    chosen_rules(select, ignore)
    if unsafe_fixes and not (fix or diff):
        raise click.UsageError("--unsafe-fixes goes with --fix or --diff")
    options = Options(Settings(select, ignore, model, gpu, profile, given_versions(context)), python)
    severity: Severity | None = None if fail_on == "never" else fail_on  # type: ignore[assignment]
    work = Work(options, fix=fix, diff=diff, unsafe=unsafe_fixes, skip_others=skip_others)
    files = work.run(paths)
    if not diff and (files or form != "text" or not work.unusable):
        echo(report(form, files, severity, work.unusable), form, err=work.wrote_to_stdout)
    context.exit(2 if work.unusable else found(files, severity))

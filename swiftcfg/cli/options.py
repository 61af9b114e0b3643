"""Options that several commands share, and the values made of them."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from swiftcfg.errors import InputError, MachineError

Command = TypeVar("Command", bound=Callable[..., Any])

#: Option -> the package whose version it gives.
VERSION_OPTIONS = {
    "--ms-swift": "ms-swift",
    "--vllm": "vllm",
    "--qwen-vl-utils": "qwen-vl-utils",
    "--transformers": "transformers",
}


class WholeNumber(click.IntRange):
    """A whole number in a range; Click's own name for it is ``integer range``."""

    name = "whole number"


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A length of time such as ``90s``, ``15m`` or ``1h``; the command gets seconds."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from swiftcfg.units import parse_duration

        if not isinstance(value, str):
            return value
        try:
            return parse_duration(value)
        except InputError as error:
            self.fail(f"{error.sentence}: {error.hint}", param, ctx)


def key_of(variable: str | None) -> str | None:
    """The API key that a variable holds; raises InputError where it holds none."""
    if variable is None:
        return None
    from swiftcfg.exchange import key_in

    return key_in(os.environ, variable)


def echo(text: str, form: str = "text", *, err: bool = False) -> None:
    """Print a report. What programs read is UTF-8 whatever the terminal is, bytes of names that are not included."""
    errors = "backslashreplace" if form in ("json", "sarif") else "surrogateescape"
    write_out(text if form == "text" else text.encode("utf-8", errors), err=err)


def write_out(content: str | bytes, *, err: bool = False) -> None:
    """Write to standard output, or to standard error; raises MachineError where that has no room."""
    try:
        click.echo(content, nl=False, err=err)
    except BrokenPipeError:
        raise  # whoever read has seen enough; Click ends quietly
    except OSError as error:
        raise MachineError(f"cannot write to standard output: {error.strerror}", "look at where it goes") from None


def model_option(command: Command) -> Command:
    return click.option(
        "--model",
        required=True,
        metavar="NAME|FOLDER",
        help="A checkpoint folder, or a name that swiftcfg models lists.",
    )(command)


def gpu_option(command: Command) -> Command:
    return click.option(
        "--gpu",
        metavar="SPEC",
        help="H100-80GB, 2xL40S, mig-3g.40gb, 24GiB …, with ,free=20GiB or ,used=3GiB for a shared card. "
        "Default: what NVML sees here.",
    )(command)


def format_option(*formats: str) -> Callable[[Command], Command]:
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats or ("text", "json")),
        default="text",
        show_default=True,
        help="text for people, json for programs (its schema is in docs/schemas).",
    )


def backend_option(command: Command) -> Command:
    return click.option(
        "--backend",
        type=click.Choice(("vllm", "transformers", "sglang", "lmdeploy")),
        default="vllm",
        show_default=True,
        help="What ms-swift serves with.",
    )(command)


def runtime_options(command: Command) -> Command:
    """``--python`` and one option per package; the command gets them as ``python`` and ``versions``."""
    for option, package in reversed(VERSION_OPTIONS.items()):
        command = click.option(
            option,
            callback=_collect,
            expose_value=False,
            metavar="VERSION",
            help=f"Version of {package} that will serve. Default: what is installed, else a stated pair.",
        )(command)
    return click.option(
        "--python",
        metavar="PATH",
        help="Interpreter or environment folder that will serve; its packages are looked up, none is imported.",
    )(command)


def _collect(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Gather the version options under one key, so that commands take one value and not four."""
    versions = context.ensure_object(dict).setdefault("versions", {})
    if value is not None:
        versions[VERSION_OPTIONS[parameter.opts[0]]] = value


def given_versions(context: click.Context) -> dict[str, str]:
    """Package -> version as given on the command line."""
    versions: dict[str, str] = context.ensure_object(dict).get("versions", {})
    return versions

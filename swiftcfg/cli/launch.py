"""swiftcfg launch: from a profile, or an existing script, to a model that is served and proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from swiftcfg.cli.options import Duration, format_option
from swiftcfg.cli.planning import SHARED_OPTIONS, collecting

if TYPE_CHECKING:
    from collections.abc import Callable

    from swiftcfg.cli.planning import PlanOptions

AUTO = "auto"


class Port(click.ParamType):  # type: ignore[type-arg]
    """A number, or ``auto`` for one that is free."""

    name = "port"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        if value == AUTO or isinstance(value, int):
            return value
        if not (value.isascii() and value.isdecimal() and 0 < int(value) < 2**16):
            self.fail(f"{value!r} is not a port: 1 to 65535, or {AUTO} for one that is free", param, ctx)
        return int(value)


_OPTIONS = (
    click.argument("target", required=False, metavar="[SCRIPT|SETTINGS.yaml|-]"),
    click.option("--model", metavar="NAME|FOLDER", help="What to serve: a checkpoint folder, or a name."),
    click.option("--port", "listen", type=Port(), metavar=f"PORT|{AUTO}", help="Port to listen on.  [default: 8000]"),
    *SHARED_OPTIONS,
    click.option("--nth", type=click.IntRange(min=1), metavar="N", help="Which call of a script that holds several."),
    click.option("--name", metavar="NAME", help="What ps, logs, stop and status call it. Default: the model's name."),
    click.option("--detach", is_flag=True, help="Come back once the server is proved, and leave it running."),
    click.option("--dry-run", is_flag=True, help="Check everything, show what would be started, and start nothing."),
    click.option("--wait-timeout", type=Duration(), default="15m", show_default=True, help="Most time for a start."),
    click.option("--grace", type=Duration(), default="30s", show_default=True, help="Time to end before it is killed."),
    click.option("--back-off", is_flag=True, help="After a start that ran out of memory, retry with a smaller plan."),
    click.option("--no-proof", is_flag=True, help="Send no requests that prove the planned sizes."),
    click.option("--cpu", is_flag=True, help="Try the plan on this machine's processor, served by transformers."),
    format_option("text", "json"),
)  # fmt: skip


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    return collecting(command, _OPTIONS)


@click.command()
@_options
@click.pass_context
def launch(context: click.Context, /, options: PlanOptions, **how: Any) -> None:
    """Start a server, follow it until it answers, and prove that it counts images as planned.

    From a profile: swiftcfg launch --model Qwen2.5-VL-7B-Instruct --profile chat-images-videos

    From a script or the YAML file of ms-swift, which is validated first: swiftcfg launch deploy.sh

    Everything is checked before anything is started. Without --detach the server's output goes to the terminal and
    Ctrl-C stops the server.

    Exit status: 0 served and proved, or stopped as asked; 1 something is in the way and nothing was started; 5 the
    server did not start, died, or is not what was planned; 130 stopped by Ctrl-C.
    """
    from swiftcfg.cli.launch_jobs import Asked
    from swiftcfg.cli.launching import launch_as_asked

    context.exit(launch_as_asked(_asked(context, Asked, options, how)))


def _asked(context: click.Context, kind: Callable[..., Any], options: PlanOptions, how: dict[str, Any]) -> Any:
    """What the command line asks for; raises UsageError for what does not go together."""
    if (how["target"] is None) == (options.model is None):
        raise click.UsageError("give a script or settings file, or --model and --profile")
    if how["target"] is not None:
        _refuse(context, "a script is started as it is written", _OF_PLANS)
    else:
        _refuse(context, "it goes with a script", ("nth",))
    if how["form"] == "json" and not (how["dry_run"] or how["detach"]):
        raise click.UsageError("--format json goes with --dry-run or --detach: the server's output is no JSON")
    return kind(options=options, **how)


#: Parameters that make a plan, and have no meaning for a script.
_OF_PLANS = (
    "adapters", "tensor_parallel_size", "host", "served_model_name", "back_off", "cpu", "settings", "images", "image",
    "videos", "video", "prompt_tokens", "answer_tokens", "concurrency", "shrink", "task",
)  # fmt: skip


def _refuse(context: click.Context, why: str, names: tuple[str, ...]) -> None:
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is click.core.ParameterSource.COMMANDLINE
        if given and parameter.name in names:
            raise click.UsageError(f"{parameter.opts[0]} does not go here: {why}")

"""The command line: one thin file per command, imported only when that command runs."""

import sys
from importlib import import_module

import click

from swiftcfg import __version__
from swiftcfg.errors import SwiftcfgError

#: Command name -> its line in ``swiftcfg --help``. The module is swiftcfg.cli.<name>, the command <name>.
COMMANDS = {
    "generate": "Write a deploy script for a model, a workload and a GPU.",
    "plan": "Choose safe settings and say why.",
    "memory": "Show where every byte of GPU memory goes for a deploy command.",
    "tokens": "Count what images and videos cost after resizing.",
    "gpus": "Show the GPUs of this machine, or describe one of the catalogue.",
    "models": "List the known models, or show what is known of one.",
    "profiles": "List the shipped workload profiles, or show one.",
}

BUG_STATUS = 70


class LazyGroup(click.Group):
    """A group that knows its commands' names and one-line helps without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"swiftcfg.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="swiftcfg")
def swiftcfg() -> None:
    """Serve vision-language models with ms-swift without guessing.

    swiftcfg turns GPU memory and the shape of your requests into safe settings for swift deploy.
    Start with: swiftcfg generate --model Qwen2.5-VL-7B-Instruct --gpu H100-80GB --profile chat-images-videos
    """


def main() -> None:
    """Run the command line; expected faults become two lines and an exit status, bugs a traceback and 70."""
    try:
        swiftcfg.main(prog_name="swiftcfg", standalone_mode=True)
    except SwiftcfgError as error:
        click.echo(f"error: {error.sentence}", err=True)
        if error.hint:
            click.echo(f"hint: {error.hint}", err=True)
        sys.exit(error.exit_status)
    except Exception:  # noqa: BLE001  (the outermost frame: whatever arrives here is a bug of ours)
        import platform
        import traceback

        traceback.print_exc()
        click.echo(
            f"This is a bug in swiftcfg {__version__} (Python {platform.python_version()}). "
            "Please report it with the lines above and the command you ran.",
            err=True,
        )
        sys.exit(BUG_STATUS)

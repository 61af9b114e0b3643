"""The command line: one thin file per command, imported only when that command runs."""

import gc
import sys
from importlib import import_module

import click

from swiftcfg import __version__
from swiftcfg.errors import SwiftcfgError

#: Command name -> its line in ``swiftcfg --help``. The module is swiftcfg.cli.<name>, the command <name>.
COMMANDS = {
    "generate": "Write a deploy script for a model, a workload and a GPU.",
    "launch": "Check, start, follow and prove a server.",
    "plan": "Choose safe settings and say why.",
    "memory": "Show where every byte of GPU memory goes for a deploy command.",
    "validate": "Find what is wrong with existing deploy scripts, and mend it.",
    "explain": "Show the page of a rule that validate goes by.",
    "rules": "List the rules that validate goes by.",
    "ps": "List the servers that were launched.",
    "logs": "Show what a server has printed.",
    "status": "Tell how a server is doing, by asking it.",
    "stop": "Stop a server, all of it.",
    "probe": "Ask a running server what it makes of pictures.",
    "tokens": "Count what images and videos cost after resizing.",
    "gpus": "Show the GPUs of this machine, or describe one of the catalogue.",
    "models": "List the known models, or show what is known of one.",
    "profiles": "List the shipped workload profiles, or show one.",
}

#: New objects between two looks for garbage. Python's 700 make it look 100 times while modules load, for 8 ms.
_GARBAGE_THRESHOLD = 50_000

USAGE_STATUS = 2
#: A server did not start, died, or is not what was planned.
SERVER_STATUS = 5
BUG_STATUS = 70
#: As of every other thing that the machine cannot.
MEMORY_STATUS = 3
#: What shells report for a program that Ctrl-C ended: 128 and the number of SIGINT.
INTERRUPTED_STATUS = 130


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


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="swiftcfg")
@click.pass_context
def swiftcfg(context: click.Context) -> None:
    """Serve vision-language models with ms-swift without guessing.

    swiftcfg turns GPU memory and the shape of your requests into safe settings for swift deploy.
    Start with: swiftcfg generate --model Qwen2.5-VL-7B-Instruct --gpu H100-80GB --profile chat-images-videos
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main() -> None:
    """Run the command line; expected faults become two lines and an exit status, bugs a traceback and 70."""
    gc.set_threshold(_GARBAGE_THRESHOLD)
    _show_what_can_be_shown()
    try:
        status = swiftcfg.main(prog_name="swiftcfg", standalone_mode=False)
    except SwiftcfgError as error:
        _fail(error.sentence, error.hint, error.exit_status)
    except click.UsageError as error:
        _fail(*_usage(error), USAGE_STATUS)
    except click.Abort:
        sys.exit(INTERRUPTED_STATUS)
    except MemoryError:
        _fail("there is not enough memory for swiftcfg", "look at: free -m; ulimit -v", MEMORY_STATUS)
    except Exception:  # noqa: BLE001  (the outermost frame: whatever arrives here is a bug of ours)
        _report_bug()
    gc.freeze()  # what is left is not looked through once more on the way out, for 10 ms
    sys.exit(status)


def _show_what_can_be_shown() -> None:
    """Reports hold characters that an ASCII terminal lacks; they are escaped there, so that it shows the rest."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _usage(error: click.UsageError) -> tuple[str, str]:
    message = error.format_message().rstrip(".")
    command = error.ctx.command_path if error.ctx else "swiftcfg"
    return message[:1].lower() + message[1:], f"{command} --help shows what there is"


def tell(sentence: str, hint: str | None) -> None:
    """Say on standard error what is wrong and what to do about it; some faults have several lines."""
    from swiftcfg.report.plain import plain

    for label, text in (("error", sentence), ("hint", hint)):
        if text:
            click.echo(f"{label}: " + "\n".join(map(plain, text.split("\n"))), err=True)


def _fail(sentence: str, hint: str | None, status: int) -> None:
    tell(sentence, hint)
    sys.exit(status)


def _report_bug() -> None:
    import platform
    import traceback

    traceback.print_exc()
    click.echo(
        f"This is a bug in swiftcfg {__version__} (Python {platform.python_version()}). "
        "Please report it with the lines above and the command you ran.",
        err=True,
    )
    sys.exit(BUG_STATUS)

"""swiftcfg logs: what a server has printed."""

import os

import click

from swiftcfg.cli.options import WholeNumber


@click.command()
@click.argument("name")
@click.option("-f", "--follow", is_flag=True, help="Go on as it grows, until the server has ended.")
@click.option("-n", "--lines", type=WholeNumber(0), metavar="N", help="Begin with the last N lines. Default: all.")
def logs(name: str, lines: int | None, *, follow: bool) -> None:
    """Print what the server NAME has printed; secrets are replaced by ***.

    Bytes are printed as they came, but on a terminal without the control sequences that it would obey.
    """
    import sys

    from swiftcfg.cli.options import write_out
    from swiftcfg.servers.following import log_of

    shown = (lambda data: data) if not sys.stdout.isatty() else _harmless
    for data in log_of(name, os.environ, lines, follow=follow):
        write_out(shown(data))


def _harmless(data: bytes) -> str:
    from swiftcfg.serverlog import clean

    return clean(data)

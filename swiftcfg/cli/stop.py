"""swiftcfg stop: end a server, all of it."""

import os

import click

from swiftcfg.cli.options import Duration, echo, format_option


@click.command()
@click.argument("name")
@click.option(
    "--grace",
    type=Duration(),
    help="How long it may take to end before it is killed, such as 5s or 2m. Default: what launch was given, or 30s.",
)
@format_option()
def stop(name: str, grace: float | None, form: str) -> None:
    """Stop the server NAME and wait until none of its processes is left.

    Each process is asked to end by SIGTERM; what is left after the grace period is killed. A server that has ended
    already is no fault.
    """
    from swiftcfg.report.servers import stopped_json, stopped_text
    from swiftcfg.servers.stopping import stop_server

    stopped = stop_server(name, os.environ, lambda text: click.echo(text, err=True), grace)
    echo(stopped_json(stopped) if form == "json" else stopped_text(stopped), form)

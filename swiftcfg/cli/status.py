"""swiftcfg status: how one server is doing, found out by asking it."""

import os

import click

from swiftcfg.cli import SERVER_STATUS
from swiftcfg.cli.options import Duration, echo, format_option, key_of


@click.command()
@click.argument("name")
@click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the API key.")
@click.option("--timeout", type=Duration(), default="30s", show_default=True, help="How long the request may take.")
@format_option()
@click.pass_context
def status(context: click.Context, name: str, api_key_env: str | None, timeout: float, form: str) -> None:
    """Ask the server NAME for one token of answer, and tell how it is doing; of one that died, tell the cause.

    /health says nothing of that: it stays 200 after a worker of vLLM has died.

    Exit status: 0 where it answers, or ended as it was asked to; 5 where it does not answer yet or any more.
    """
    from datetime import datetime, timezone

    from swiftcfg.launch.standing import standing
    from swiftcfg.report.standing import is_well, standing_json, standing_text
    from swiftcfg.servers.found import read_server

    found = standing(read_server(name, os.environ), key_of(api_key_env), timeout)
    echo(standing_json(found) if form == "json" else standing_text(found, datetime.now(timezone.utc)), form)
    context.exit(0 if is_well(found) else SERVER_STATUS)

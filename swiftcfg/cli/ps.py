"""swiftcfg ps: the servers that were launched, and what became of them."""

import os

import click

from swiftcfg.cli.options import echo, format_option


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
@click.option("--clean", is_flag=True, help="Forget those that have ended, their logs with them, before listing.")
@format_option()
def ps(form: str, *, everything: bool, clean: bool) -> None:
    """List the servers that swiftcfg launch started here.

    starting, serving, stopping; ended; lost: nothing of it runs, and nothing says how it ended; unattended: it runs,
    but what watched over it was killed. swiftcfg stop ends both kinds that run.
    """
    from datetime import datetime, timezone

    from swiftcfg.report.servers import servers_json, servers_text
    from swiftcfg.servers.found import Servers, list_servers, without_stale

    found = list_servers(os.environ)
    if clean:
        found = without_stale(found, os.environ)
    if not everything:
        found = Servers(tuple(each for each in found.servers if each.phase != "ended"), found.notes)
    echo(servers_json(found) if form == "json" else servers_text(found, datetime.now(timezone.utc)), form)

"""swiftcfg plan: choose safe settings and say why."""

import click

from swiftcfg.cli.options import echo, format_option
from swiftcfg.cli.planning import PlanOptions, plan_from, plan_options


@click.command()
@plan_options
@format_option("text", "json")
def plan(options: PlanOptions, form: str) -> None:
    """Choose safe settings and say why.

    Safe: it starts, and it never runs out of memory with as many of the largest requests at once as the workload
    states. Of all settings that are, those are chosen that lose the least image quality.
    """
    from swiftcfg.report.plan import plan_json, plan_text

    echo({"text": plan_text, "json": plan_json}[form](plan_from(options)), form)

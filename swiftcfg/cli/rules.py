"""swiftcfg rules: list what swiftcfg validate looks for."""

import click

from swiftcfg.cli.options import format_option


@click.command()
@format_option("text", "json")
def rules(form: str) -> None:
    """List what swiftcfg validate looks for, by code."""
    from swiftcfg.check import every_rule
    from swiftcfg.report.rules import rules_json, rules_text

    click.echo({"text": rules_text, "json": rules_json}[form](every_rule()), nl=False)

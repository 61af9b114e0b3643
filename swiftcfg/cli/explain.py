"""swiftcfg explain: show the page of a rule."""

import click


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE ...")
def explain(codes: tuple[str, ...]) -> None:
    """Show what a rule objects to, why, with a bad and a good example: swiftcfg explain VIS001."""
    from swiftcfg.check import chosen_rules
    from swiftcfg.report.rules import page_text

    pages = [page_text(rule) for code in codes for rule in chosen_rules((code.upper(),), ())]
    click.echo("\n".join(pages), nl=False)

"""swiftcfg models: list the known models, or show what is known of one."""

import click

from swiftcfg.cli.options import echo, format_option


@click.command()
@click.argument("name", required=False, metavar="[NAME|FOLDER]")
@click.option("--adapters", multiple=True, metavar="FOLDER", help="A LoRA adapter to serve with it; may be repeated.")
@format_option("text", "json")
def models(name: str | None, adapters: tuple[str, ...], form: str) -> None:
    """List the known models, or show what is known of one: a name of the list, or a checkpoint folder.

    Of a folder only the settings and the headers of the weights are read.
    """
    from swiftcfg.catalogue import catalogue_models, find_model
    from swiftcfg.errors import InputError
    from swiftcfg.report.models import model_json, model_text, models_json, models_text

    if name is not None:
        echo({"text": model_text, "json": model_json}[form](find_model(name, adapters)), form)
    elif adapters:
        raise InputError("--adapters belong to one model", "name it: swiftcfg models NAME --adapters FOLDER")
    else:
        echo({"text": models_text, "json": models_json}[form](catalogue_models()), form)

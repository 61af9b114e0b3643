"""swiftcfg gpus: show the GPUs of this machine, describe one, or list the catalogue."""

import os

import click

from swiftcfg.cli.options import echo, format_option, gpu_option


@click.command()
@click.argument("spec", required=False)
@gpu_option
@click.option("--list", "listing", is_flag=True, help="List the cards of the catalogue.")
@format_option()
def gpus(spec: str | None, gpu: str | None, form: str, *, listing: bool) -> None:
    """Show the GPUs of this machine, or describe SPEC, which is what --gpu takes.

    Without SPEC: what NVML sees and CUDA_VISIBLE_DEVICES leaves visible. SPEC is a card such as H100-80GB, 2xL40S or
    mig-3g.40gb, or an amount such as 4x24GiB; what follows a comma is its state on each card: free=20GiB, used=3GiB,
    or cuda=23.53GiB for the total that CUDA prints; + joins several.
    """
    from swiftcfg.errors import InputError
    from swiftcfg.nvml import find_gpus, gpu_catalogue
    from swiftcfg.report.gpus import cards_json, cards_text, gpus_json, gpus_text

    if sum((spec is not None, gpu is not None, listing)) > 1:
        raise InputError("SPEC, --gpu and --list exclude each other", "give one of them")
    if listing:
        echo({"text": cards_text, "json": cards_json}[form](gpu_catalogue()), form)
    else:
        inventory = find_gpus(gpu if spec is None else spec, os.environ)
        echo({"text": gpus_text, "json": gpus_json}[form](inventory), form)

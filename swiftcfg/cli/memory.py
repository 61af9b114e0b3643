"""swiftcfg memory: show where every byte of GPU memory goes for a deploy command."""

import os

import click

from swiftcfg.cli.options import WholeNumber, echo, format_option, given_versions, gpu_option, runtime_options
from swiftcfg.cli.workload_options import WorkloadOptions, workload_from, workload_options


@click.command(context_settings={"ignore_unknown_options": False})
@click.argument("words", nargs=-1, metavar="[FILE | -] [-- swift deploy ...]")
@click.option(
    "--model", metavar="NAME|FOLDER", help="The model, where the command does not name one that is known here."
)
@click.option("--adapters", multiple=True, metavar="FOLDER", help="A LoRA adapter to serve with it; may be repeated.")
@click.option("--nth", type=WholeNumber(min=1), help="Which swift deploy, where FILE has several.")
@gpu_option
@workload_options
@runtime_options
@format_option("text", "json")
@click.pass_context
def memory(
    context: click.Context,
    words: tuple[str, ...],
    model: str | None,
    adapters: tuple[str, ...],
    nth: int | None,
    gpu: str | None,
    workload: WorkloadOptions,
    python: str | None,
    form: str,
) -> None:
    """Show where every byte of GPU memory goes for a deploy command.

    The command is in FILE (a shell script, or a YAML or JSON file of ms-swift; - is standard input), or follows
    after two dashes. With a workload it is also judged by what its requests ask for.
    """
    from swiftcfg.catalogue import find_model
    from swiftcfg.deploy_command import command_of
    from swiftcfg.deployment import account, adapters_of, deployment_of, named_model, unnamed
    from swiftcfg.detect import find_runtime, read_catalog
    from swiftcfg.errors import InputError
    from swiftcfg.nvml import find_gpus
    from swiftcfg.report.memory import account_json, account_text

    runtime = find_runtime(given_versions(context), python)
    config = command_of(words, nth, runtime.ms_swift)
    name = model or named_model(config)
    if name is None:
        raise InputError(unnamed(config), "name it: --model NAME or FOLDER")
    deployment = deployment_of(
        config,
        find_model(name, adapters or adapters_of(config)),
        find_gpus(gpu, os.environ).gpus,
        runtime,
        read_catalog(runtime.ms_swift),
    )
    asked = workload_from(workload) if workload != WorkloadOptions() else None
    plan = account(deployment, asked)
    echo({"text": account_text, "json": account_json}[form](deployment, plan), form)

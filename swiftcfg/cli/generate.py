"""swiftcfg generate: write a deploy script for a model, a workload and a GPU."""

import shlex
import sys

import click

from swiftcfg.cli.options import echo
from swiftcfg.cli.planning import PlanOptions, plan_from, plan_options


@click.command()
@plan_options
@click.option("-o", "--output", metavar="FILE", help="File to write. Default: - for standard output.")
@click.option(
    "--target",
    type=click.Choice(["shell", "yaml"]),
    default="shell",
    show_default=True,
    help="A shell script, or the YAML file that swift deploy itself reads (ms-swift 4.1.0 and newer).",
)
@click.option("--templates", metavar="FOLDER", help="Folder of templates that replace the shipped ones by name.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def generate(options: PlanOptions, output: str | None, target: str, templates: str | None, *, force: bool) -> None:
    """Write a deploy script for a model, a workload and a GPU.

    The settings are those of swiftcfg plan, each with its reason as a comment.
    """
    from swiftcfg.document import document_of
    from swiftcfg.files import write_new
    from swiftcfg.render import render
    from swiftcfg.report.plan import summary_text
    from swiftcfg.template_files import load_templates

    chosen = plan_from(options)
    reproduce = shlex.join(["swiftcfg", *(word for word in sys.argv[1:] if word != "--force")])
    text = render("yaml" if target == "yaml" else "shell", document_of(chosen, reproduce), load_templates(templates))
    if output in (None, "-"):
        echo(text, target)
        return
    write_new(output, text, mode=0o755 if target == "shell" else 0o644, force=force)
    echo(f"{summary_text(chosen)}\nWritten to {click.format_filename(output)}.\n")

"""swiftcfg probe: ask a running server for real, and tell what it makes of pictures."""

import click

from swiftcfg.cli import SERVER_STATUS
from swiftcfg.cli.options import Duration, backend_option, echo, format_option, given_versions, key_of, runtime_options


@click.command()
@click.argument("url")
@click.option("--model", metavar="NAME|FOLDER", help="What is served: a folder, or a name that swiftcfg models lists.")
@click.option("--served-model-name", metavar="NAME", help="The model to ask, where the server has several.")
@click.option(
    "--image",
    "images",
    multiple=True,
    metavar="FILE|SIZE",
    help="Picture to send, or the size of one to make.  [default: 1920x1080]",
)
@click.option(
    "--video",
    "videos",
    multiple=True,
    metavar="FILE|CLIP",
    help="Video to send, or one to make: 640x360@8fps,4s. Both may be given again.",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable that the server was started with, such as MAX_PIXELS=1003520: counts must then fit it.",
)
@click.option("--max-model-len", type=click.IntRange(min=1), metavar="N", help="Context of the server, for --set.")
@click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the API key.")
@click.option("--timeout", type=Duration(), default="60s", show_default=True, help="How long one request may take.")
@backend_option
@runtime_options
@format_option("text", "json")
@click.pass_context
def probe(
    context: click.Context,
    url: str,
    model: str | None,
    served_model_name: str | None,
    images: tuple[str, ...],
    videos: tuple[str, ...],
    assignments: tuple[str, ...],
    max_model_len: int | None,
    api_key_env: str | None,
    timeout: float,
    backend: str,
    python: str | None,
    form: str,
) -> None:
    """Ask a running server for real: a text, then pictures or videos, and what each adds to the prompt.

    With a known model it tells the size that the server resizes a picture to, and the MAX_PIXELS that do so. With
    --set the server must count as one that was started so.

    Exit status: 0 where all requests are served and counted as planned, 5 where one is not, 3 where no server answers.

    Example: swiftcfg probe http://127.0.0.1:8000 --model Qwen2.5-VL-7B-Instruct
    """
    from swiftcfg.chat import endpoint_of
    from swiftcfg.probe import Wish, fulfil
    from swiftcfg.report.probe import probe_json, probe_report, probe_text

    if assignments and model is None:
        raise click.UsageError("--set goes with --model: what a variable does depends on it")
    wish = Wish(
        model, served_model_name, images, videos, assignments, max_model_len, backend, given_versions(context), python
    )
    found = fulfil(wish, endpoint_of(url, key_of(api_key_env), timeout))
    report = probe_report(found)
    echo({"text": probe_text, "json": probe_json}[form](report), form)
    context.exit(0 if found.proof.passed else SERVER_STATUS)

"""swiftcfg tokens: count what images and videos cost after resizing."""

import click

from swiftcfg.cli.options import backend_option, echo, format_option, given_versions, model_option, runtime_options


@click.command()
@model_option
@click.option(
    "--image", "images", multiple=True, metavar="SIZE", help="1920x1080, 4K, A4@200dpi, A4@200dpi-landscape …"
)
@click.option(
    "--video",
    "videos",
    multiple=True,
    metavar="CLIP",
    help="1920x1080@30fps,60s or @30fps,900frames; 1280x720,8images is a list of frames.",
)
@click.option(
    "--max-pixels", "max_pixels", multiple=True, type=int, metavar="N", help="MAX_PIXELS; a result for each one given."
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NAME=VALUE",
    help="Another variable, such as VIDEO_MAX_PIXELS=50176.",
)
@click.option(
    "--max-pixels-flag",
    type=int,
    metavar="N",
    help="ms-swift's flag --max_pixels, which is not the variable MAX_PIXELS.",
)
@backend_option
@runtime_options
@format_option("text", "json")
@click.pass_context
def tokens(
    context: click.Context,
    model: str,
    images: tuple[str, ...],
    videos: tuple[str, ...],
    max_pixels: tuple[int, ...],
    assignments: tuple[str, ...],
    max_pixels_flag: int | None,
    backend: str,
    python: str | None,
    form: str,
) -> None:
    """Count what images and videos cost after resizing, as ms-swift and qwen-vl-utils do it.

    Example: swiftcfg tokens --model Qwen2.5-VL-7B-Instruct --image 1080p --max-pixels 1003520 --max-pixels 2116800
    """
    from swiftcfg.catalogue import find_model
    from swiftcfg.detect import find_runtime
    from swiftcfg.errors import InputError
    from swiftcfg.media import parse_size, parse_video
    from swiftcfg.report.tokens import block_of, tokens_json, tokens_report, tokens_text
    from swiftcfg.tokens import effective_limits, parse_assignments

    variables = parse_assignments(assignments)
    sizes, clips = {text: parse_size(text) for text in images}, {text: parse_video(text) for text in videos}
    found, runtime = find_model(model), find_runtime(given_versions(context), python)
    if found.vision is None:
        raise InputError(f"how {found.name} counts images is not known", "known are the Qwen-VL lines: swiftcfg models")
    blocks = []
    for value in max_pixels or (None,):
        limits = effective_limits(
            found.vision,
            runtime,
            variables if value is None else {**variables, "MAX_PIXELS": str(value)},
            model_type=found.model_type,
            max_pixels_flag=max_pixels_flag,
            processor=found.limits,
            backend=backend,
        )
        blocks.append(block_of(value, limits, sizes, clips))
    report = tokens_report(found, runtime, blocks)
    echo({"text": tokens_text, "json": tokens_json}[form](report), form)

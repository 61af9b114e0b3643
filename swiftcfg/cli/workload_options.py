"""The options that describe a workload, and the workload made of them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from swiftcfg.cli.options import WholeNumber
from swiftcfg.errors import InputError
from swiftcfg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from swiftcfg.workload import Workload


@dataclass(frozen=True)
class WorkloadOptions:
    """What the command line says of the workload; ``workload_from`` makes one of it."""

    profile: str | None = None
    settings: tuple[str, ...] = ()
    images: int | None = None
    image: tuple[str, ...] = ()
    videos: int | None = None
    video: tuple[str, ...] = ()
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    concurrency: int | None = None
    shrink: str | None = None
    task: str | None = None

    def assignments(self) -> dict[str, tuple[str, str]]:
        """Field -> the option that sets it and the text it sets; raises InputError where two set the same."""
        given = [("--set", *_split(setting)) for setting in self.settings]
        for option, field, value in (
            ("--images", "images.per_request", self.images),
            ("--image", "images.sizes", ",".join(self.image) or None),
            ("--videos", "videos.per_request", self.videos),
            ("--video", "videos.clips", ",".join(self.video) or None),
            ("--prompt-tokens", "prompt_tokens", self.prompt_tokens),
            ("--answer-tokens", "answer_tokens", self.answer_tokens),
            ("--concurrency", "concurrent_requests", self.concurrency),
            ("--shrink", "shrink", self.shrink),
            ("--task", "task", self.task),
        ):
            if value is not None:
                given.append((option, field, str(value)))
        found: dict[str, tuple[str, str]] = {}
        for option, field, text in given:
            if field in found:
                raise InputError(f"{found[field][0]} and {option} both set {field}", "keep one of them")
            found[field] = (option, text)
        return found


def _split(setting: str) -> tuple[str, str]:
    field, equals, text = setting.partition("=")
    if not equals:
        raise InputError(f"--set {setting!r} has no value", "write FIELD=VALUE, such as images.per_request=3")
    return field.strip(), text


_OPTIONS = (
    click.option(
        "--profile",
        metavar="NAME|FILE",
        help="A workload profile: a name that swiftcfg profiles lists, a YAML or JSON file, or - for standard input.",
    ),
    click.option("--images", type=WholeNumber(min=0), metavar="N", help="Images that the largest request carries."),
    click.option(
        "--image", multiple=True, metavar="SIZE", help="A size of image: 1920x1080 or A4@200dpi. May be given again."
    ),
    click.option("--videos", type=WholeNumber(min=0), metavar="N", help="Videos that the largest request carries."),
    click.option(
        "--video", multiple=True, metavar="CLIP", help="A kind of clip: 1920x1080@30fps,60s. May be given again."
    ),
    click.option("--prompt-tokens", type=WholeNumber(min=0), metavar="N", help="Text of the largest request."),
    click.option("--answer-tokens", type=WholeNumber(min=1), metavar="N", help="The longest answer."),
    click.option("--concurrency", type=WholeNumber(min=1), metavar="N", help="Requests answered at the same time."),
    click.option(
        "--shrink",
        metavar="none|any|SCALE",
        help="How far images may be shrunk: not at all, at will, or down to a scale such as 0.7.",
    ),
    click.option("--task", metavar="TASK", help="What the requests are about: grounding, document-ocr, chart …"),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="FIELD=VALUE",
        help="Set any other field of the profile, such as videos.max_frames=16. May be given again.",
    ),
)


def workload_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one value, ``workload``."""

    @wraps(command)
    def collected(*args: Any, **values: Any) -> Any:
        options = WorkloadOptions(**{name: values.pop(name) for name in WorkloadOptions.__dataclass_fields__})
        return command(*args, workload=options, **values)

    for option in reversed(_OPTIONS):
        collected = option(collected)
    return collected


def workload_from(options: WorkloadOptions) -> Workload:
    """The profile with what the other options change; without a profile, the options must make a workload."""
    from swiftcfg.profile_files import find_profile, override

    assignments = {field: text for field, (_, text) in options.assignments().items()}
    if options.profile is None and not assignments:
        raise InputError(
            "nothing says what the requests look like",
            "give --profile NAME (swiftcfg profiles lists them), or --image 1920x1080 and the like",
        )
    base = find_profile(options.profile) if options.profile is not None else None
    return override(base, {**_counts(options, base, assignments), **assignments})


def _counts(options: WorkloadOptions, base: Workload | None, assignments: Mapping[str, str]) -> dict[str, str]:
    """Where images or videos are given and nothing says how many, a request carries those that were given."""
    counts = {}
    if options.image and not (base and base.images_per_request) and "images.per_request" not in assignments:
        counts["images.per_request"] = str(len(options.image))
    if options.video and not (base and base.videos_per_request) and "videos.per_request" not in assignments:
        counts["videos.per_request"] = str(len(options.video))
    return counts

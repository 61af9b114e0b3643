"""Workload profiles as text and JSON."""

from collections.abc import Iterable, Mapping
from textwrap import indent
from typing import Any

from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import many, wrapped
from swiftcfg.workload import DEFAULTS, Workload

SCHEMA_VERSION = 1


def profile_data(workload: Workload) -> dict[str, Any]:
    """Every field of a profile that has a value, defaults included; itself a profile."""
    whole = {**{name: workload.written.get(name) for name in _FIELDS}, **DEFAULTS, **workload.written}
    return {name: _plain(value) for name, value in whole.items() if value not in _EMPTY}


#: The order in which a profile is written.
_FIELDS = (
    "name", "title", "title_zh", "task", "description", "images", "videos", "prompt_tokens", "answer_tokens",
    "concurrent_requests", "shrink", "latency", "notes", "sources",
)  # fmt: skip
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(below) for name, below in value.items() if below not in _EMPTY}
    return [_plain(below) for below in value] if isinstance(value, list) else value


def profile_json(workload: Workload) -> str:
    return as_json(profile_data(workload))


def profiles_json(workloads: Iterable[Workload]) -> str:
    """The list; docs/schemas/profiles.schema.json. One alone is a profile itself, and says no version."""
    listed = {"schema_version": SCHEMA_VERSION, "profiles": [profile_data(each) for each in workloads]}
    return as_json(listed)


def profiles_text(workloads: Iterable[Workload]) -> str:
    """One profile to two lines: its name and title, and what a request carries."""
    rows = [(each.name, each.title or "", carries(each)) for each in workloads]
    width = max((len(name) for name, _, _ in rows), default=0)
    return "".join(f"{name:<{width}}  {title}\n{'':<{width}}  {what}\n" for name, title, what in rows)


def carries(workload: Workload) -> str:
    """``5 images up to 1920x1080, 2 videos up to 1920x1080@30fps,60s; 4 requests at once``."""
    parts = [
        _counted(count, noun, largest)
        for count, noun, largest in (
            (workload.images_per_request, "image", workload.largest_image()),
            (workload.videos_per_request, "video", workload.largest_clip()),
        )
        if count
    ]
    return f"{', '.join(parts) or 'text only'}; {many(workload.concurrent_requests, 'request')} at once"


def _counted(count: int, noun: str, largest: object) -> str:
    return f"{many(count, noun)} up to {largest}"


def profile_text(workload: Workload) -> str:
    """Everything a profile says, for people."""
    rows = {
        "task": workload.task,
        "images": _media(workload.images_per_request, workload.image_sizes()),
        "videos": _media(workload.videos_per_request, workload.clips()) + _sampling(workload),
        "text": f"{workload.prompt_tokens} tokens of prompt, {workload.answer_tokens} of answer",
        "at once": many(workload.concurrent_requests, "request"),
        "shrinking": _shrinking(workload.written.get("shrink", DEFAULTS["shrink"])),
        "latency": workload.latency,
    }
    head = workload.name + (f": {workload.title}" if workload.title else "")
    written = workload.written
    sources = "\n".join(written.get("sources", ()))
    blocks = [
        "\n".join(line for line in (head, written.get("title_zh")) if line),
        wrapped(written.get("description", "")),
        "\n".join(f"{name:<9}  {value}" for name, value in rows.items()),
        wrapped(written.get("notes", "")),
        "sources:\n" + indent(sources, "  ") if sources else "",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _media(count: int, shares: Iterable[tuple[object, float]]) -> str:
    if not count:
        return "none"
    kinds = list(shares)
    named = [f"{kind}" if len(kinds) == 1 else f"{kind} ({share:.0%})" for kind, share in kinds]
    return f"{count} a request: " + ", ".join(named)


def _sampling(workload: Workload) -> str:
    videos = workload.videos
    if videos is None or not videos.per_request:
        return ""
    fps = f"; {videos.sample_fps:g} frames a second looked at" if videos.sample_fps else ""
    return fps + (f"; at most {videos.max_frames} frames" if videos.max_frames else "")


def _shrinking(shrink: str | Mapping[str, Any]) -> str:
    if isinstance(shrink, str):
        return {"none": "no image may be shrunk", "any": "images may be shrunk at will"}[shrink]
    detail = shrink.get("smallest_detail")
    if detail is None:
        return f"images may be shrunk to {shrink['smallest_scale']:g} of a side"
    return f"what is {detail['size_px']:g} px high must stay {detail['readable_px']:g} px high"

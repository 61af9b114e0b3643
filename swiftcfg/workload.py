"""Workload: the shape of the requests to serve, as the YAML files in profiles/ describe it."""

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, Literal

from swiftcfg.media import Clip, Size, parse_clip, parse_size
from swiftcfg.units import Tokens
from swiftcfg.values import dataclass
from swiftcfg.workload_shares import completed, shares_of_percentiles

Task = Literal["general", "grounding", "gui", "document-ocr", "chart", "photo", "video", "mixed", "text"]
Latency = Literal["interactive", "batch", "any"]

#: What a profile that does not say so means.
DEFAULTS: Mapping[str, Any] = {
    "task": "general",
    "description": "",
    "prompt_tokens": 512,
    "answer_tokens": 1024,
    "concurrent_requests": 1,
    "shrink": "any",
    "latency": "any",
    "notes": "",
}


@dataclass(frozen=True)
class Images:
    """Images of the largest request, and each size of image with its share of all images."""

    per_request: int
    shares: tuple[tuple[Size, float], ...]


@dataclass(frozen=True)
class Videos:
    """Videos of the largest request, each kind of clip with its share, and how densely to look at them."""

    per_request: int
    shares: tuple[tuple[Clip, float], ...]
    sample_fps: float | None
    max_frames: int | None


@dataclass(frozen=True)
class Workload:
    """The requests that one deployment must be able to serve: what the largest one carries, and how many at once.

    ``least_scale`` is how far images may be shrunk, 1.0 for not at all, 0.0 for at will. ``written`` is the
    plain data that somebody wrote; what is not in it was taken from DEFAULTS.
    """

    name: str
    task: Task
    images: Images | None
    videos: Videos | None
    prompt_tokens: int
    answer_tokens: int
    concurrent_requests: int
    least_scale: float
    latency: Latency
    title: str | None = None
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def images_per_request(self) -> int:
        return self.images.per_request if self.images else 0

    @property
    def videos_per_request(self) -> int:
        return self.videos.per_request if self.videos else 0

    def image_sizes(self) -> tuple[tuple[Size, float], ...]:
        """Each size of image with its share of all images; empty where no images are served."""
        return self.images.shares if self.images and self.images.per_request else ()

    def clips(self) -> tuple[tuple[Clip, float], ...]:
        """Each kind of clip with its share of all videos; empty where no videos are served."""
        return self.videos.shares if self.videos and self.videos.per_request else ()

    def largest_image(self) -> Size | None:
        """The size with the most pixels; after rounding to tokens another one may cost a little more."""
        return max((size for size, _ in self.image_sizes()), key=lambda size: size.pixels, default=None)

    def largest_clip(self) -> Clip | None:
        """The clip with the most pixels in all its frames."""
        clips = (clip for clip, _ in self.clips())
        return max(clips, key=lambda clip: clip.size.pixels * clip.total_frames, default=None)

    def largest_text(self) -> Tokens:
        """Prompt and answer of the largest request, without what its images and videos cost."""
        return Tokens(self.prompt_tokens + self.answer_tokens)

    def assumed(self) -> tuple[str, ...]:
        """The numbers that nobody stated and that are therefore defaults, in the order they are declared."""
        numbers = ("prompt_tokens", "answer_tokens", "concurrent_requests", "shrink")
        return tuple(name for name in numbers if name not in self.written)


def workload_of(data: Mapping[str, Any]) -> Workload:
    """The workload of plain data that is known to be right: a shipped profile, or what a Profile has checked."""
    whole = {**DEFAULTS, **data}
    scalars = {item.name for item in fields(Workload)} & whole.keys() - {"images", "videos"}
    return Workload(
        **{name: whole[name] for name in scalars},
        images=_images(whole.get("images")),
        videos=_videos(whole.get("videos")),
        least_scale=_least_scale(whole["shrink"]),
        written=data,
    )


def _images(data: Mapping[str, Any] | None) -> Images | None:
    """Between two percentiles every image counts as large as the upper one."""
    if data is None:
        return None
    if data.get("percentiles"):
        return Images(data["per_request"], shares_of_percentiles(data["percentiles"]))
    rows = [_row(row) for row in data.get("sizes", ())]
    return Images(data["per_request"], completed([(parse_size(row["size"]), row.get("share")) for row in rows]))


def _videos(data: Mapping[str, Any] | None) -> Videos | None:
    if data is None:
        return None
    clips = [
        (parse_clip(row), None)
        if isinstance(row, str)
        else (Clip(parse_size(row["size"]), row["fps"], row["seconds"]), row.get("share"))
        for row in data.get("clips", ())
    ]
    return Videos(data["per_request"], completed(clips), data.get("sample_fps"), data.get("max_frames"))


def _row(row: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"size": row} if isinstance(row, str) else row


def _least_scale(shrink: str | Mapping[str, Any]) -> float:
    """Rounding to multiples of the token's side is not shrinking: 1.0 means that MAX_PIXELS must not bind."""
    if isinstance(shrink, str):
        return {"none": 1.0, "any": 0.0}[shrink]
    detail = shrink.get("smallest_detail")
    if detail is None:
        return float(shrink["smallest_scale"])
    return min(1.0, float(detail["readable_px"] / detail["size_px"]))

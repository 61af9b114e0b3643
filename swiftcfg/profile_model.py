"""Profile: a workload as people write it down, and what may be wrong with that.

The one module that imports pydantic, 80 ms: it is loaded where text of users comes in. Shipped profiles are
held against it by tests, not each time they are read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from swiftcfg.errors import InputError
from swiftcfg.media import parse_clip, parse_size
from swiftcfg.workload import DEFAULTS, Latency, Task, Workload, workload_of
from swiftcfg.workload_faults import TEXT_OR_FIELDS, faults
from swiftcfg.workload_shares import completed, shares_of_percentiles


def _checked(parse: Callable[[str], object]) -> AfterValidator:
    """A validator that keeps the text as it is written where ``parse`` accepts it."""

    def check(text: str) -> str:
        try:
            parse(text)
        except InputError as error:
            raise ValueError(error.hint or error.sentence) from None
        return text

    return AfterValidator(check)


def _text_or_fields(value: object) -> str:
    return TEXT_OR_FIELDS[0 if isinstance(value, str) else 1]


_AsText, _AsFields = (Tag(tag) for tag in TEXT_OR_FIELDS)
SizeText = Annotated[str, _checked(parse_size), Field(examples=["1920x1080", "A4@200dpi"])]
ClipText = Annotated[str, _checked(parse_clip), Field(examples=["1920x1080@30fps,60s"])]
Count = Annotated[int, Field(strict=True, ge=0, le=10_000)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Scale = Annotated[float, Field(strict=True, gt=0, le=1)]
Px = Annotated[float, Field(strict=True, gt=0, le=65_535)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")]
Prose = Annotated[str, Field(max_length=10_000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ImageShare(_Frozen):
    """One size of image, and the share of all images that have it."""

    size: SizeText
    share: Share | None = Field(None, description="Share of all images, 0 to 1; what is not given is divided equally.")


_ImageRow = Annotated[Annotated[SizeText, _AsText] | Annotated[ImageShare, _AsFields], Discriminator(_text_or_fields)]


class Images(_Frozen):
    """What images a request carries. Their sizes are a list, or percentiles of what was measured."""

    per_request: Count = Field(description="Images that the largest request carries, earlier turns included.")
    sizes: tuple[_ImageRow, ...] = Field(
        (),
        max_length=100,
        description="Sizes as width x height or page@dpi; any of them may be the one that a request carries.",
    )
    percentiles: dict[str, SizeText] = Field(
        default_factory=dict,
        description="Sizes as percentiles by area: p50, p95, … and max, which must be there.",
        json_schema_extra={
            "propertyNames": {"pattern": r"^(p[0-9]{1,2}(\.[0-9]+)?|max)$"},
            "examples": [{"max": "A4@200dpi"}],
        },
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Images":
        if self.per_request and bool(self.sizes) == bool(self.percentiles):
            raise ValueError("give sizes or percentiles, one of them")
        if self.percentiles:
            shares_of_percentiles(self.percentiles)
        completed([(row, None) if isinstance(row, str) else (row.size, row.share) for row in self.sizes])
        return self


class ClipShare(_Frozen):
    """One kind of clip, and the share of all videos that are like it."""

    size: SizeText
    seconds: float = Field(strict=True, gt=0, le=999_999)
    fps: float = Field(strict=True, gt=0, le=9_999, description="Frames a second of the file, not of the sampling.")
    share: Share | None = Field(None, description="Share of all videos, 0 to 1; what is not given is divided equally.")


_ClipRow = Annotated[Annotated[ClipText, _AsText] | Annotated[ClipShare, _AsFields], Discriminator(_text_or_fields)]


class Videos(_Frozen):
    """What videos a request carries, and how densely the model should look at them."""

    per_request: Count = Field(description="Videos that the largest request carries, earlier turns included.")
    clips: tuple[_ClipRow, ...] = Field(
        (), max_length=100, description="Clips as size@fps,seconds; any of them may be the one that a request carries."
    )
    sample_fps: float | None = Field(
        None, strict=True, gt=0, le=120, description="Frames a second to look at (FPS); the library takes 2."
    )
    max_frames: int | None = Field(
        None,
        strict=True,
        ge=2,
        le=100_000,
        description="Frames of one video at most (FPS_MAX_FRAMES); the library takes 768.",
    )

    @model_validator(mode="after")
    def _has_clips(self) -> "Videos":
        if self.per_request and not self.clips:
            raise ValueError("give clips")
        completed([(row, None) if isinstance(row, str) else (row.size, row.share) for row in self.clips])
        return self


class Detail(_Frozen):
    """The smallest thing that must stay legible, such as a line of text or an icon."""

    size_px: Px = Field(description="Its height in the image as it is sent.")
    readable_px: Px = Field(description="The least height at which the model still reads it.")


class Shrink(_Frozen):
    """How far images may be shrunk: a smallest scale, or a smallest detail that must stay legible."""

    smallest_scale: Scale | None = Field(None, description="Least width (and height) after by before, 1 for none.")
    smallest_detail: Detail | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Shrink":
        if (self.smallest_scale is None) == (self.smallest_detail is None):
            raise ValueError("give smallest_scale or smallest_detail, one of them")
        return self


class Profile(_Frozen):
    """The requests that one deployment must be able to serve: what the largest one carries, and how many at once."""

    name: Line = Field(description="What the profile is called.")
    title: Line | None = Field(None, description="One line for lists.")
    title_zh: Line | None = Field(None, description="The same line in Chinese.")
    task: Task = Field(DEFAULTS["task"], description="What the requests are about; decides which advice applies.")
    description: Prose = DEFAULTS["description"]
    images: Images | None = None
    videos: Videos | None = None
    prompt_tokens: Annotated[int, Field(strict=True, ge=0, le=10_000_000)] = Field(
        DEFAULTS["prompt_tokens"],
        description="Text of the largest request: system prompt, question and earlier turns, without image tokens.",
    )
    answer_tokens: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] = Field(
        DEFAULTS["answer_tokens"], description="The longest answer."
    )
    concurrent_requests: Annotated[int, Field(strict=True, ge=1, le=100_000)] = Field(
        DEFAULTS["concurrent_requests"],
        description="Requests that are answered at the same moment; each may be the largest.",
    )
    shrink: Annotated[
        Annotated[Literal["none", "any"], _AsText] | Annotated[Shrink, _AsFields], Discriminator(_text_or_fields)
    ] = Field(
        DEFAULTS["shrink"],
        description="How far images may be shrunk. Frames of videos are always fitted to their budget.",
    )
    latency: Latency = Field(
        DEFAULTS["latency"],
        description="interactive: no more requests at once than stated, so that each is quick; "
        "batch: as many at once as memory holds; any: no wish.",
    )
    notes: Prose = DEFAULTS["notes"]
    sources: tuple[Line, ...] = Field((), max_length=50, description="Where the numbers come from.")

    @model_validator(mode="after")
    def _carries_something(self) -> "Profile":
        images = self.images.per_request if self.images else 0
        videos = self.videos.per_request if self.videos else 0
        if not (images or videos or self.prompt_tokens):
            raise ValueError("a request carries nothing: give images, videos or prompt_tokens")
        return self


_MODELS: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): Profile,
    ("images",): Images,
    ("images", "sizes"): ImageShare,
    ("videos",): Videos,
    ("videos", "clips"): ClipShare,
    ("shrink",): Shrink,
    ("shrink", "smallest_detail"): Detail,
}
#: The fields at each place of a profile, for telling and for finding what may stand there.
FIELDS: Mapping[tuple[str, ...], Sequence[str]] = {path: tuple(model.model_fields) for path, model in _MODELS.items()}


def parse_workload(data: object, origin: str) -> Workload:
    """Check plain data against the model; raises InputError with every fault on a line of its own."""
    try:
        profile = Profile.model_validate(data)
    except ValidationError as error:
        lines = faults(error.errors(include_url=False), FIELDS)
        raise InputError(
            f"{origin} does not describe a workload:\n" + "\n".join(f"  {line}" for line in lines),
            "look at a shipped one: swiftcfg profiles gui-grounding-1080p --format yaml",
        ) from None
    return workload_of(profile.model_dump(mode="json", exclude_unset=True))

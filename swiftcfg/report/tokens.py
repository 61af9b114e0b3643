"""Token counts as JSON and as text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from swiftcfg.media import Clip, FrameList, Size
from swiftcfg.model import Model
from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import table, wrapped
from swiftcfg.runtime import Runtime
from swiftcfg.tokens import Limits, SizedImage, SizedVideo, never_shrink_pixels
from swiftcfg.units import Range
from swiftcfg.values import dataclass

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Block:
    """What one setting of MAX_PIXELS (None: not given by itself) does to each named item."""

    max_pixels: int | None
    limits: Limits
    items: tuple[tuple[str, SizedImage | SizedVideo], ...]


def block_of(
    max_pixels: int | None, limits: Limits, images: Mapping[str, Size], videos: Mapping[str, Clip | FrameList]
) -> Block:
    """Size every item; raises InputError for one that the server would refuse."""
    sized: list[tuple[str, SizedImage | SizedVideo]] = [(name, limits.image(size)) for name, size in images.items()]
    sized += [(name, limits.video(video)) for name, video in videos.items()]
    return Block(max_pixels, limits, tuple(sized))


@dataclass(frozen=True)
class ModelName:
    """Which model; ``source`` says where its numbers are from."""

    name: str
    location: str
    source: str


@dataclass(frozen=True)
class PackageVersion:
    """The version of one package that serves, null where unknown, and where it comes from."""

    version: str | None
    origin: str


@dataclass(frozen=True)
class Effective:
    """Limits in force after conversions and floors. Pixels are of one image, or of one frame of a video."""

    factor: int
    image_min_pixels: int
    image_max_pixels: int
    image_max_tokens: int
    video_min_pixels: int
    video_max_pixels: int
    video_max_tokens: int
    video_total_pixels: float
    fps: float
    fps_min_frames: int
    fps_max_frames: int
    frame_factor: int
    max_ratio: int
    max_pixels_flag: int | None
    resized_twice: bool


@dataclass(frozen=True)
class NoteLine:
    """A variable that has no effect (effective: null) or another one than written."""

    name: str
    given: str | None
    effective: float | None
    reason: str


@dataclass(frozen=True)
class PromptRange:
    """Bounds where the exact number depends on something that is not known."""

    low: int
    high: int


@dataclass(frozen=True)
class ItemLine:
    """One image or video. Sizes are [width, height], factors [x, y]; ``box_scale`` leads back to the original."""

    kind: str
    name: str
    original: tuple[int, int]
    resized: tuple[int, int]
    scale: tuple[float, float]
    shrunk: bool
    tokens: int
    prompt_tokens: int
    prompt_tokens_range: PromptRange | None
    box_scale: tuple[float, float] | None
    frames: int | None
    never_shrink_pixels: int | None


@dataclass(frozen=True)
class Variant:
    """The same items under another MAX_PIXELS."""

    max_pixels: int
    effective: Effective
    notes: tuple[NoteLine, ...]
    items: tuple[ItemLine, ...]


@dataclass(frozen=True)
class TokensReport:
    """The output of swiftcfg tokens. ``variants`` is empty unless several --max-pixels are given."""

    schema_version: int
    model: ModelName
    runtime: dict[str, PackageVersion]
    effective: Effective
    notes: tuple[NoteLine, ...]
    items: tuple[ItemLine, ...]
    variants: tuple[Variant, ...]


def tokens_report(model: Model, runtime: Runtime, blocks: Sequence[Block]) -> TokensReport:
    """The report on one or more settings; the first one fills the fields at the top."""
    first = blocks[0]
    versions = {package: runtime.version_of(package) for package in runtime.origins}
    return TokensReport(
        schema_version=SCHEMA_VERSION,
        model=ModelName(model.name, model.location, model.source),
        runtime={
            package: PackageVersion(None if version is None else str(version), runtime.origins[package])
            for package, version in versions.items()
        },
        effective=_effective(first.limits),
        notes=_notes(first.limits),
        items=_items(model, first),
        variants=tuple(
            Variant(block.max_pixels or 0, _effective(block.limits), _notes(block.limits), _items(model, block))
            for block in blocks
            if len(blocks) > 1
        ),
    )


def tokens_json(report: TokensReport) -> str:
    return as_json(asdict(report))


def _effective(limits: Limits) -> Effective:
    constants = limits.constants
    return Effective(
        factor=constants.factor,
        image_min_pixels=constants.image_min,
        image_max_pixels=constants.image_max,
        image_max_tokens=limits.image_max_tokens,
        video_min_pixels=constants.video_min,
        video_max_pixels=limits.video_max_pixels,
        video_max_tokens=limits.video_max_pixels // constants.factor**2,
        video_total_pixels=constants.video_total,
        fps=constants.fps,
        fps_min_frames=constants.fps_min_frames,
        fps_max_frames=constants.fps_max_frames,
        frame_factor=constants.frame_factor,
        max_ratio=constants.max_ratio,
        max_pixels_flag=limits.flag_pixels,
        resized_twice=limits.second is not None,
    )


def _notes(limits: Limits) -> tuple[NoteLine, ...]:
    return tuple(NoteLine(note.name, note.given, note.effective, note.reason) for note in limits.notes)


def _items(model: Model, block: Block) -> tuple[ItemLine, ...]:
    return tuple(_item(model, name, sized, block.limits) for name, sized in block.items)


def _item(model: Model, name: str, sized: SizedImage | SizedVideo, limits: Limits) -> ItemLine:
    prompt = sized.prompt_tokens if isinstance(sized, SizedVideo) else Range.exactly(sized.prompt_tokens)
    frames = sized.frames if isinstance(sized, SizedVideo) else None
    never = never_shrink_pixels(sized.original, limits.constants.factor)
    return ItemLine(
        kind="video" if frames else "image",
        name=name,
        original=(sized.original.width, sized.original.height),
        resized=(sized.resized.width, sized.resized.height),
        scale=sized.scale,
        shrunk=sized.resized.pixels < never,
        tokens=sized.tokens,
        prompt_tokens=prompt.best,
        prompt_tokens_range=PromptRange(prompt.low, prompt.high) if prompt.low < prompt.high else None,
        box_scale=sized.box_scale if model.absolute_coordinates else None,
        frames=frames,
        never_shrink_pixels=None if frames else never,
    )


def tokens_text(report: TokensReport) -> str:
    """The report for people: limits, a table of items, boxes, notes; once per setting."""
    parts = [f"{report.model.name}, served by {_versions(report)}"]
    if report.variants:
        for variant in report.variants:
            head = f"MAX_PIXELS={variant.max_pixels}"
            parts += ["", head, "-" * len(head), *_block(variant.effective, variant.items, variant.notes)]
    else:
        parts += ["", *_block(report.effective, report.items, report.notes)]
    return "\n".join(parts) + "\n"


def _versions(report: TokensReport) -> str:
    known = ((package, found) for package, found in report.runtime.items() if found.version)
    return ", ".join(f"{package} {found.version} ({found.origin})" for package, found in known)


def _block(effective: Effective, items: Sequence[ItemLine], notes: Sequence[NoteLine]) -> Iterator[str]:
    yield from _limit_lines(effective, items)
    if items:
        yield ""
        yield from _table(items)
        yield from _remarks(items)
    if notes:
        yield ""
        yield from (wrapped(_note_text(note), " " * len("note: ")) for note in notes)


def _limit_lines(effective: Effective, items: Sequence[ItemLine]) -> Iterator[str]:
    kinds = {item.kind for item in items} or {"image", "video"}
    side = effective.factor
    if effective.max_pixels_flag:
        yield f"first   --max_pixels shrinks images over {effective.max_pixels_flag:,} pixels"
    if "image" in kinds:
        yield (
            f"image   {effective.image_min_pixels:,} to {effective.image_max_pixels:,} pixels, "
            f"at most {effective.image_max_tokens:,} tokens of {side}x{side} pixels"
        )
    if "video" in kinds:
        yield (
            f"video   {effective.video_min_pixels:,} to {effective.video_max_pixels:,} pixels a frame, "
            f"{effective.fps:g} frames a second, {effective.fps_min_frames} to {effective.fps_max_frames} frames; "
            "two frames share their tokens"
        )
    if effective.resized_twice:
        yield "        and once more by the checkpoint's own processor"


def _table(items: Sequence[ItemLine]) -> Iterator[str]:
    boxes = any(item.box_scale for item in items)
    head = [
        "",
        "original",
        "the model sees",
        "scale x, y",
        "tokens",
        "in the prompt",
        *(["boxes x, y"] if boxes else []),
    ]
    rows = [head, *([*_cells(item), *([_pair(item.box_scale, 4)] if item.box_scale else [])] for item in items)]
    yield from table(rows, numbers_from=1)


def _cells(item: ItemLine) -> list[str]:
    seen = "{}x{}".format(*item.resized)
    bounds = item.prompt_tokens_range
    return [
        f"{item.kind} {item.name}",
        "{}x{}".format(*item.original),
        f"{item.frames} frames {seen}" if item.frames else seen,
        _pair(item.scale, 3),
        f"{item.tokens:,}",
        f"{item.prompt_tokens:,}" if bounds is None else f"{bounds.low:,} to {bounds.high:,}",
    ]


def _pair(factors: tuple[float, float] | None, digits: int) -> str:
    return "" if factors is None else ", ".join(f"{factor:.{digits}f}" for factor in factors)


def _remarks(items: Sequence[ItemLine]) -> Iterator[str]:
    shrunk = [item for item in items if item.shrunk and item.never_shrink_pixels]
    if shrunk:
        yield ""
    for item in shrunk:
        yield f"{item.name} keeps its size with MAX_PIXELS={item.never_shrink_pixels} or more."
    if any(item.box_scale for item in items):
        yield ""
        yield wrapped(
            "This model answers with boxes in pixels of the picture it saw. A client multiplies x and y by the "
            "factors of the last column, each by its own, to find the place in the original."
        )


def _note_text(note: NoteLine) -> str:
    if note.given is None and note.effective is None:
        return f"note: {note.reason}"
    what = note.name if note.given is None else f"{note.name}={note.given}"
    if note.effective is None:
        return f"note: {what}: no effect; {note.reason}"
    return f"note: {what} becomes {note.effective:,.15g}: {note.reason}"

"""Which pictures and which clip show that a server resizes as planned: the fewest that meet each limit."""

import math
from collections.abc import Iterable, Iterator
from itertools import product

from swiftcfg.errors import InputError
from swiftcfg.expectation.expected import Expected, UncertainError, expect, tokens_of
from swiftcfg.media import Clip, Size
from swiftcfg.tokens import Limits
from swiftcfg.values import dataclass

#: How far above a limit a sample is; chosen so that rounding to whole tokens cannot hide it.
_ABOVE = 1.2
#: How much of the context a picture takes that cannot be above the cap. Chosen.
_MOST_OF_CONTEXT = 0.8
#: No sample between the limits needs to be larger. Chosen.
_LARGEST_BETWEEN = 640 * 480
#: Pillow warns of larger pictures (pillow@13.0.0:src/PIL/Image.py:85, 89,478,485 pixels), and servers may refuse them.
LARGEST_PICTURE = 80_000_000
#: Width over height of a sample; that above the cap takes of several the one that fills the cap best, since a picture
#: of another shape would cost the same under a somewhat lower cap.
_SHAPE = 4 / 3
_SHAPES = tuple(tenths / 10 for tenths in range(10, 31))
#: Frames beyond the least and the most that a server takes; no clip is made that is to meet a most above many. Chosen.
_MORE_FRAMES, _MANY_FRAMES = 2, 16
#: Of a clip: frames a second, frames where no rate decides, and frames that none has more of. Chosen.
_CLIP_FPS, _CLIP_FRAMES, _LONGEST_CLIP_FRAMES = 8.0, 24, 1000
CLIP = "clip"
#: Tokens of "<999999.9 seconds>" where each byte is one.
_LONGEST_STAMP = 18
#: Tokens kept free beside a sample: the chat template, its text, one of answer. Chosen.
_BESIDE = 256


@dataclass(frozen=True, slots=True)
class Sample:
    """Something to send, and what it must add to the prompt."""

    what: str
    media: Size | Clip
    expected: Expected


@dataclass(frozen=True, slots=True)
class Unfit:
    """A sample that cannot be had, and why; ``refused``: by the server's own settings, which is a fault of theirs."""

    what: str
    reason: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Samples:
    """All samples for one server, and those that cannot be had."""

    limits: Limits
    samples: tuple[Sample, ...]
    unfit: tuple[Unfit, ...] = ()


def choose_samples(limits: Limits, context: int | None, *, images: bool = True, videos: bool = False) -> Samples:
    """Pictures around each limit where images are served, a clip where videos are; ``context`` is max_model_len."""
    room = math.inf if context is None else max(0, context - _BESIDE)
    kinds: list[tuple[str, Iterable[Size | Clip]]] = []
    if images:
        kinds += [(what, [_fullest(limits, area)]) for what, area in _areas(limits, room)]
    if videos:
        kinds.append((CLIP, _clips(limits)))
    chosen = [_first_fit(what, candidates, limits, room) for what, candidates in kinds]
    return Samples(
        limits,
        tuple(each for each in chosen if isinstance(each, Sample)),
        tuple(each for each in chosen if isinstance(each, Unfit)),
    )


def _first_fit(what: str, candidates: Iterable[Size | Clip], limits: Limits, room: float) -> Sample | Unfit:
    """The first candidate that will do; else why the last one will not."""
    found: Sample | Unfit = Unfit(what, "nothing of the kind can be made", refused=False)
    for media in candidates:
        found = _fit(what, media, limits, room)
        if isinstance(found, Sample):
            return found
    return found


def _fit(what: str, media: Size | Clip, limits: Limits, room: float) -> Sample | Unfit:
    try:
        expected = expect(limits, media)
    except InputError as error:
        return Unfit(what, error.sentence, refused=not isinstance(error, UncertainError))
    if expected.added(dict.fromkeys(expected.texts, _LONGEST_STAMP)).high > room:
        return Unfit(what, f"its {expected.tokens:,} tokens are longer than the context", refused=False)
    return Sample(what, media, expected)


def _areas(limits: Limits, room: float) -> Iterator[tuple[str, float]]:
    """Pixels of each picture. ``--max_pixels`` shrinks pictures too, before the variables do."""
    constants = limits.constants
    token = constants.factor**2
    cap = min(constants.image_max, limits.flag_pixels or math.inf)
    low = max(constants.image_min, token)
    if _ABOVE * cap > LARGEST_PICTURE or cap > room * token:
        yield "picture for most of the context", min(_MOST_OF_CONTEXT * room * token, LARGEST_PICTURE)
    else:
        yield "picture above the cap", _ABOVE * cap + 2 * token
    if cap > 2 * low:
        highest = min(cap, _MOST_OF_CONTEXT * room * token)
        yield "picture between the limits", min(math.sqrt(low * highest), max(_LARGEST_BETWEEN, 2 * low))
    if constants.image_min > token:
        yield "picture below the lower limit", constants.image_min / 2


def _fullest(limits: Limits, area: float) -> Size:
    """A picture of this area whose shape gives it the most tokens."""
    return max((_sized(area, shape) for shape in _SHAPES), key=lambda size: tokens_of(limits, size))


def _sized(area: float, shape: float = _SHAPE) -> Size:
    width = max(1, math.ceil(math.sqrt(max(1, area) * shape)))
    return Size(width, max(1, math.ceil(area / width)))


def _clips(limits: Limits) -> Iterator[Clip]:
    """Clips whose frames are shrunk and sampled, then ones of smaller and fewer frames."""
    constants = limits.constants
    rate = max(_CLIP_FPS, math.ceil(2 * constants.fps)) if _samples_by_time(constants.fps) else _CLIP_FPS
    few, many = (each + _MORE_FRAMES for each in (constants.fps_min_frames, constants.fps_max_frames))
    counts = [*([many] if many <= _MANY_FRAMES else []), few, constants.frame_factor]
    shrunk = _ABOVE * limits.video_max_pixels + 2 * constants.factor**2
    for area, count in product((shrunk, constants.video_min, constants.factor**2), counts):
        frames = math.ceil(rate * count / constants.fps) if _samples_by_time(constants.fps) else _CLIP_FRAMES
        if 0 < frames <= _LONGEST_CLIP_FRAMES:
            yield Clip(_sized(area), rate, frames / rate)


def _samples_by_time(fps: float) -> bool:
    """Whether the frames taken depend on the length of a clip; with FPS=0 or FPS=nan they do not."""
    return 0 < fps < _LONGEST_CLIP_FRAMES

"""The ladder: every quality the planner considers, in one order, best first.

A rung never lowers anything that the rung below it has: images climb first, with videos at their
smallest, then videos climb. So more memory can only climb, and no setting gets worse as memory grows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from swiftcfg.units import Tokens

#: Below this an image is hardly worth sending: the lower end of the range that the makers of
#: Qwen2.5-VL and Qwen3-VL recommend "to balance performance and cost" (their READMEs: 256-1280 tokens).
LEAST_IMAGE_TOKENS = Tokens(256)
#: qwen-vl-utils' own VIDEO_MIN (128 tokens a frame), raised by its factor 1.05: the least that a cap has
#: effect without lowering VIDEO_MIN_PIXELS too (qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py).
VIDEO_FLOOR_TOKENS = Tokens(134)
#: qwen-vl-utils' own VIDEO_MAX: tokens of one frame.
VIDEO_CEILING_TOKENS = Tokens(768)
#: Half the library's lower bound; one of the published evaluation settings goes this low
#: (LVBench with Qwen2.5-VL: 48-128 tokens a frame, QwenLM/Qwen3-VL#1248).
LEAST_VIDEO_TOKENS = Tokens(64)
#: qwen-vl-utils' FPS_MIN_FRAMES.
LEAST_FRAMES = 4

#: Neighbouring rungs of the coarse ladder differ by about this much in tokens.
STEP = 0.93


@dataclass(frozen=True, slots=True, order=True)
class Rung:
    """Caps on one image and one video frame, in tokens; 0 where the kind is not served. Better is greater."""

    image_tokens: Tokens
    frame_tokens: Tokens
    frames: int


def climb(low: int, high: int) -> tuple[int, ...]:
    """Amounts from ``high`` down to ``low``, both included, each about STEP of the one before."""
    amounts = [high]
    while amounts[-1] > low:
        amounts.append(max(low, min(amounts[-1] - 1, int(amounts[-1] * STEP))))
    return tuple(amounts)


def ladder(
    images: tuple[int, int] | None, frame: tuple[int, int] | None, frames: tuple[int, int] | None
) -> tuple[Rung, ...]:
    """All rungs, best first. Each argument is (least, most) of one cap, or None where it is not served."""
    videos = _video_rungs(frame, frames)
    if images is None:
        return tuple(Rung(Tokens(0), Tokens(tokens), count) for tokens, count in videos)
    most = Tokens(images[1])
    top = [Rung(most, Tokens(tokens), count) for tokens, count in videos]
    tokens, count = videos[-1]
    below = [Rung(Tokens(cap), Tokens(tokens), count) for cap in climb(*images)[1:]]
    return (*top, *below)


def _video_rungs(frame: tuple[int, int] | None, frames: tuple[int, int] | None) -> Sequence[tuple[int, int]]:
    """(tokens of a frame, frames), best first: resolution gives way first, then frames, then the floor itself."""
    if frame is None or frames is None:
        return [(0, 0)]
    least, most = frame
    middle = max(least, min(most, VIDEO_FLOOR_TOKENS))
    rungs = [(tokens, frames[1]) for tokens in climb(middle, most)]
    rungs += [(middle, even) for count in climb(*frames)[1:] if (even := max(2, count // 2 * 2)) < rungs[-1][1]]
    rungs += [(tokens, rungs[-1][1]) for tokens in climb(least, middle)[1:]]
    return list(dict.fromkeys(rungs))


def between(upper: Rung, lower: Rung, steps: int = 16) -> tuple[Rung, ...]:
    """Rungs strictly between two neighbours, best first, for a finer second look."""
    found = []
    for step in range(1, steps):
        part = step / steps
        found.append(
            Rung(
                Tokens(round(upper.image_tokens + (lower.image_tokens - upper.image_tokens) * part)),
                Tokens(round(upper.frame_tokens + (lower.frame_tokens - upper.frame_tokens) * part)),
                max(2, round((upper.frames + (lower.frames - upper.frames) * part) / 2) * 2) if upper.frames else 0,
            )
        )
    return tuple(rung for rung in dict.fromkeys(found) if rung not in (upper, lower))

"""Checks: one request each, what it added to the prompt, and a sentence of what that means."""

from typing import Literal

from swiftcfg.chat import Answer
from swiftcfg.expectation import Explanation
from swiftcfg.media import Clip, Size
from swiftcfg.probe.items import Item
from swiftcfg.probe.refusals import meaning_of
from swiftcfg.units import Range
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One request: what it was to add to the prompt (None: nobody said), what it added, and what that means.

    ``status`` is None where nothing was sent. ``seen`` tells which limits of the server explain the count.
    """

    what: str
    kind: Literal["text", "image", "video"]
    ok: bool
    detail: str
    media: Size | Clip | None = None
    status: int | None = None
    elapsed_s: float | None = None
    prompt_tokens: int | None = None
    added: int | None = None
    expected: Range | None = None
    seen: Explanation | None = None


def judged(item: Item, added: int, expected: Range | None, seen: Explanation | None) -> tuple[bool, str]:
    """Whether the count is right, and a sentence."""
    if item.expected is None:
        return True, _found(added, seen)
    if expected is None:
        return False, f"added {added:,} tokens; the server does not tell how long its time stamps are"
    if expected.low <= added <= expected.high:
        resized, frames = item.expected.resized, item.expected.frames
        return True, f"as planned: resized to {resized}" + (f", {frames} frames" if frames else "")
    wanted = f"{expected.best:,}" if expected.low == expected.high else f"{expected.low:,} to {expected.high:,}"
    return False, f"added {added:,} tokens to the prompt, and {wanted} are planned: {_reason(item, added, seen)}"


def _found(added: int, seen: Explanation | None) -> str:
    return f"added {added:,} tokens" + (f": resized to {seen.resized}, as with {seen.values()}" if seen else "")


def _reason(item: Item, added: int, seen: Explanation | None) -> str:
    if item.kind == "video":
        return "the server samples or resizes its frames otherwise: look at FPS, FPS_MAX_FRAMES and VIDEO_MAX_PIXELS"
    if added == 0:
        return "the server left the picture out"
    if seen is None:
        return "no limit explains that: is it this model, and these versions?"
    if seen.low is None or seen.high is None:
        verb = {"MAX_PIXELS": "shrink", "MIN_PIXELS": "enlarge"}[seen.variable]
        return f"the server does not {verb} the picture, so it works with {seen.values()}"
    return f"the server resizes it to {seen.resized}, so it works with {seen.values()}"


def fault_of(answer: Answer, kind: str) -> str:
    if answer.error is None:
        return "the server does not tell how many tokens the prompt had"
    meaning = meaning_of(answer, kind)
    return answer.error if meaning is None else f"{meaning} (the server says {answer.error})"

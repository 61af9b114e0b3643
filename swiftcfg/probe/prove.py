"""Prove: requests to a running server, and what each of them added to the prompt against what it should add.

What a picture adds is the difference to a request that has the same text and no picture, so that the chat template,
whose length only the server knows, is not in it. Texts between the frames of a clip are measured the same way.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from swiftcfg.chat import Answer, Endpoint, chat
from swiftcfg.expectation import CLIP, Explanation, Samples, Unfit, explain
from swiftcfg.media import Clip, Size
from swiftcfg.probe.items import Item, item_of_sample
from swiftcfg.probe.refusals import meaning_of
from swiftcfg.tokens import Limits
from swiftcfg.tokens.prompt import MARKERS
from swiftcfg.units import Range
from swiftcfg.values import dataclass

#: One letter: one token in every vocabulary, and one that joins no neighbour.
TEXT = "x"


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


@dataclass(frozen=True, slots=True)
class Proof:
    """All checks in the order they were made; ``left_out`` says what could not be tried, and why."""

    checks: tuple[Check, ...]
    left_out: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return all(check.ok for check in self.checks)


Told = Callable[[Check], object]


def prove(
    endpoint: Endpoint, served_name: str, samples: Samples, told: Told = bool, more: Iterable[Item] = ()
) -> Proof:
    """Whether the server counts every sample, and ``more``, as it should; raises NoAnswerError where it goes silent.

    ``told`` gets each check as soon as it is made.
    """
    refused = [_refused(unfit) for unfit in samples.unfit if unfit.refused]
    for check in refused:
        told(check)
    items = (*map(item_of_sample, samples.samples), *more)
    checks = try_items(endpoint, served_name, items, samples.limits, told)
    left_out = tuple(f"{each.what}: {each.reason}" for each in samples.unfit if not each.refused)
    return Proof((*refused, *checks), left_out)


def _refused(unfit: Unfit) -> Check:
    """A sample that need not be sent: the server's own settings refuse it."""
    return Check(unfit.what, "video" if unfit.what == CLIP else "image", ok=False, detail=unfit.reason)


def try_items(
    endpoint: Endpoint, served_name: str, items: Iterable[Item], limits: Limits | None, told: Told = bool
) -> tuple[Check, ...]:
    """A text, then each item. Where the text is not served nothing else is sent."""
    counter = Counter(endpoint, served_name, limits)
    checks = [counter.text_check()]
    told(checks[0])
    if not checks[0].ok:
        return tuple(checks)
    for item in items:
        checks.append(counter.check(item))
        told(checks[-1])
    return tuple(checks)


class Counter:
    """A server, and what it counted for a text alone."""

    def __init__(self, endpoint: Endpoint, served_name: str, limits: Limits | None) -> None:
        self.endpoint = endpoint
        self.served_name = served_name
        self.limits = limits
        self.text_tokens = 0

    def text_check(self) -> Check:
        answer = chat(self.endpoint, self.served_name, TEXT)
        self.text_tokens = answer.prompt_tokens or 0
        ok = answer.error is None and answer.prompt_tokens is not None
        detail = "served" if ok else _fault(answer, "text")
        return Check(
            "text", "text", ok, detail, None, answer.status, answer.elapsed_s, answer.prompt_tokens,
        )  # fmt: skip

    def check(self, item: Item) -> Check:
        lengths = self._lengths(item.expected.texts) if item.expected else {}
        answer = chat(self.endpoint, self.served_name, [item.part(), {"type": "text", "text": TEXT}])
        expected = item.expected.added(lengths) if item.expected and lengths is not None else None
        if answer.error is not None or answer.prompt_tokens is None:
            ok, detail, added, seen = False, _fault(answer, item.kind), None, None
        else:
            added = answer.prompt_tokens - self.text_tokens
            seen = self._explained(item, added)
            ok, detail = judged(item, added, expected, seen)
        return Check(
            item.what, item.kind, ok, detail, item.media, answer.status, answer.elapsed_s, answer.prompt_tokens,
            added, expected, seen,
        )  # fmt: skip

    def _lengths(self, texts: Iterable[str]) -> Mapping[str, int] | None:
        """How many tokens each text has by the server's own tokenizer; None where it does not tell."""
        counted = {text: chat(self.endpoint, self.served_name, text).prompt_tokens for text in dict.fromkeys(texts)}
        alone = self.text_tokens - 1  # TEXT is one
        lengths = {text: tokens - alone for text, tokens in counted.items() if tokens is not None}
        return lengths if len(lengths) == len(counted) else None

    def _explained(self, item: Item, added: int) -> Explanation | None:
        if self.limits is None or not isinstance(item.media, Size):
            return None
        return explain(self.limits, item.media, added - MARKERS)


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


def _fault(answer: Answer, kind: str) -> str:
    if answer.error is None:
        return "the server does not tell how many tokens the prompt had"
    meaning = meaning_of(answer, kind)
    return answer.error if meaning is None else f"{meaning} (the server says {answer.error})"

"""Prove: requests to a running server, and what each of them added to the prompt against what it should add.

What a picture adds is the difference to a request that has the same text and no picture, so that the chat template,
whose length only the server knows, is not in it. Texts between the frames of a clip are measured the same way.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from swiftcfg.chat import TEXT, Endpoint, chat
from swiftcfg.expectation import CLIP, Explanation, Samples, Unfit, explain
from swiftcfg.media import Size
from swiftcfg.probe.checks import Check, fault_of, judged
from swiftcfg.probe.items import Item, item_of_sample
from swiftcfg.tokens import Limits
from swiftcfg.tokens.prompt import MARKERS
from swiftcfg.values import dataclass


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
    endpoint: Endpoint, served_name: str, samples: Samples, told: Told = lambda _: None, more: Iterable[Item] = ()
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
    endpoint: Endpoint, served_name: str, items: Iterable[Item], limits: Limits | None, told: Told = lambda _: None
) -> tuple[Check, ...]:
    """A text, then each item. Where the text is not served nothing else is sent."""
    text = _text_check(endpoint, served_name)
    told(text)
    if not text.ok or text.prompt_tokens is None:
        return (text,)
    counter = Counter(endpoint, served_name, limits, text.prompt_tokens)
    checks = [text]
    for item in items:
        checks.append(counter.check(item))
        told(checks[-1])
    return tuple(checks)


def _text_check(endpoint: Endpoint, served_name: str) -> Check:
    answer = chat(endpoint, served_name, TEXT)
    ok = answer.error is None and answer.prompt_tokens is not None
    return Check(
        "text",
        "text",
        ok=ok,
        detail="served" if ok else fault_of(answer, "text"),
        status=answer.status,
        elapsed_s=answer.elapsed_s,
        prompt_tokens=answer.prompt_tokens,
    )


@dataclass(frozen=True, slots=True)
class Counter:
    """A server, and what it counted for TEXT alone."""

    endpoint: Endpoint
    served_name: str
    limits: Limits | None
    text_tokens: int

    def check(self, item: Item) -> Check:
        """Send it before the same text, and judge what it added."""
        lengths = self._lengths(item.expected.texts) if item.expected else None
        answer = chat(self.endpoint, self.served_name, [item.part(), {"type": "text", "text": TEXT}])
        made = Check(
            item.what,
            item.kind,
            ok=False,
            detail=fault_of(answer, item.kind),
            media=item.media,
            status=answer.status,
            elapsed_s=answer.elapsed_s,
            prompt_tokens=answer.prompt_tokens,
            expected=item.expected.added(lengths) if item.expected and lengths is not None else None,
        )
        if answer.error is not None or answer.prompt_tokens is None:
            return made
        added = answer.prompt_tokens - self.text_tokens
        seen = self._explained(item, added)
        ok, detail = judged(item, added, made.expected, seen)
        return replace(made, ok=ok, detail=detail, added=added, seen=seen)

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

"""Does it hold? Every limit of a plan with its margin, at worst and most likely."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from swiftcfg.memory.kv import request_blocks
from swiftcfg.memory.plan import Constraint, Demand, MemoryPlan, Verdict, Vision
from swiftcfg.model import Model
from swiftcfg.units import Range, gib


def unread_images(model: Model) -> tuple[str, ...]:
    """What is not known of a model that takes images, but whose vision part is of a kind that was never read."""
    if not model.sees or model.vision is not None:
        return ()
    return ("what images take is not known: the vision part is of a kind that is not",)


def verdict_of(constraints: Sequence[Constraint], unknowns: Sequence[str]) -> tuple[Verdict, tuple[str, ...]]:
    """Judge by the worst case; an unknown part leaves room only for a certain no."""
    broken = tuple(item.sentence for item in constraints if not item.likely_holds)
    if broken:
        return "does-not-fit", broken
    if unknowns:
        return "unknown", tuple(unknowns)
    near = tuple(item.sentence for item in constraints if not item.holds)
    if near:
        return "tight", near
    return "fits", tuple(item.sentence for item in constraints)


def bytes_constraint(name: str, needs: Range, has: Range, sentence: str) -> Constraint:
    """A limit in bytes; ``sentence`` takes the likely need and room as {needs} and {has}."""
    return Constraint(
        name,
        has.low - needs.high,
        has.best - needs.best,
        "bytes",
        sentence.format(needs=gib(needs.best), has=gib(max(0, has.best))),
    )


def judge(plan: MemoryPlan, demand: Demand) -> MemoryPlan:
    """The same plan, judged for these requests as well."""
    largest = max(demand.largest_item_tokens.values(), default=0)
    wanted = max(largest, demand.visual_tokens) * demand.concurrent_requests
    limits = (*_request_limits(plan, demand), *_vision_limits(plan, largest, wanted))
    return replace(_judged(plan, limits), requests_at_once=_requests_at_once(plan, demand))


def _judged(plan: MemoryPlan, limits: Iterable[Constraint]) -> MemoryPlan:
    constraints = (*plan.constraints, *limits)
    verdict, reasons = verdict_of(constraints, plan.unknowns)
    return replace(plan, constraints=constraints, verdict=verdict, reasons=reasons)


def judge_media(plan: MemoryPlan, largest: Mapping[str, int], in_flight: int) -> MemoryPlan:
    """The same plan, judged by the largest items that the server lets in.

    Nothing is known of its requests: at worst ``in_flight`` of them come at once, most likely one at a time. An item
    that the context or the encoder cache has no room for is never computed, and takes no memory.
    """
    room = min(size for size in (plan.max_model_len, plan.encoder_cache_tokens, 2**62) if size is not None)
    size = min(room, max(largest.values(), default=0))
    if plan.vision is None or not size:
        return plan
    one, many = (plan.outside_budget + vision_growth(plan.vision, size, size * count) for count in (1, in_flight))
    worst, likely = plan.room.low - many.high, plan.room.best - one.best
    sentence = (
        f"once the vision tower works, the engine takes {gib(one.best)} beyond its budget for an image of {size} "
        f"tokens, at worst {gib(many.high)} for all that one step takes; the card leaves {gib(max(0, plan.room.best))}"
    )
    return _judged(plan, [Constraint("vision at run time", min(worst, likely), likely, "bytes", sentence)])


def there_are(amount: Range) -> str:
    """How much of something there is, for the end of a sentence."""
    return f"there are {amount.low} to {amount.high}" if amount.high else "there are none"


def _requests_at_once(plan: MemoryPlan, demand: Demand) -> Range | None:
    if plan.kv_cache_tokens is None:
        return plan.requests_at_once
    return requests_held(plan.kv_cache_tokens, demand.request_tokens, plan.max_num_seqs)


def requests_held(pool: Range, request_tokens: int, most: int) -> Range:
    """How many requests of that size the pool holds, no more than the engine schedules at once."""
    size = request_blocks(max(1, request_tokens))
    return Range(*(min(most, tokens // size) for tokens in (pool.low, pool.best, pool.high)))


def _request_limits(plan: MemoryPlan, demand: Demand) -> list[Constraint]:
    limits = []
    if plan.max_model_len is not None:
        margin = plan.max_model_len - demand.request_tokens
        limits.append(
            Constraint(
                "context", margin, margin, "tokens",
                f"a request needs {demand.request_tokens} tokens with its answer, "
                f"the engine takes {plan.max_model_len}",
            )
        )  # fmt: skip
    if plan.kv_cache_tokens is not None:
        count, pool = demand.concurrent_requests, plan.kv_cache_tokens
        needed = request_blocks(demand.request_tokens) * count
        wanted = "one request needs" if count == 1 else f"{count} requests at once need"
        sentence = f"{wanted} {needed} tokens of cache, {there_are(pool)}"
        limits.append(Constraint("kv cache", pool.low - needed, pool.best - needed, "tokens", sentence))
    return limits


def _vision_limits(plan: MemoryPlan, largest: int, wanted: int) -> list[Constraint]:
    limits: list[Constraint] = []
    if not largest:
        return limits
    if plan.encoder_cache_tokens is not None:
        margin = plan.encoder_cache_tokens - largest
        limits.append(
            Constraint(
                "encoder cache", margin, margin, "tokens",
                f"the largest item has {largest} tokens, the encoder cache holds {plan.encoder_cache_tokens}",
            )
        )  # fmt: skip
    if plan.vision is not None:
        needs = plan.outside_budget + vision_growth(plan.vision, largest, wanted)
        sentence = "once the vision tower works, the engine takes {needs} beyond its budget, the card leaves {has}"
        limits.append(bytes_constraint("vision at run time", needs, plan.room, sentence))
    return limits


def vision_growth(vision: Vision, largest: int, wanted: int) -> Range:
    """Bytes that real batches take beyond what was profiled: items larger, or more tokens in one step.

    ``wanted`` are the tokens of all items that may wait at once; one step takes no more than the encoder's budget.
    """
    step = max(largest, min(wanted, vision.step_tokens))
    if step <= vision.profiled_tokens:
        return Range.exactly(0)
    grown = sorted(
        max(0, step * each - max(vision.profiled_tokens * each, kept))
        for each, kept in zip(_bounds(vision.bytes_per_token), _bounds(vision.other_activation), strict=True)
    )
    return Range(grown[0], grown[1], grown[2])


def _bounds(amount: Range) -> tuple[int, int, int]:
    return amount.low, amount.best, amount.high

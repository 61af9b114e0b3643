"""Does it hold? Every limit of a plan with its margin, at worst and most likely."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from swiftcfg.memory.kv import request_blocks
from swiftcfg.memory.plan import Constraint, Demand, MemoryPlan, Vision, Verdict
from swiftcfg.units import Range, Tokens, gib


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
        name, has.low - needs.high, has.best - needs.best, "bytes", sentence.format(needs=gib(needs.best), has=gib(has.best))
    )


def judge(plan: MemoryPlan, demand: Demand) -> MemoryPlan:
    """The same plan, judged for these requests as well."""
    constraints = (*plan.constraints, *_request_limits(plan, demand), *_vision_limits(plan, demand))
    verdict, reasons = verdict_of(constraints, plan.unknowns)
    at_once = _requests_at_once(plan, demand)
    return replace(plan, constraints=constraints, verdict=verdict, reasons=reasons, requests_at_once=at_once)


def judge_media(plan: MemoryPlan, largest: Mapping[str, int], in_flight: int) -> MemoryPlan:
    """The same plan, judged by the largest items that the server lets in, ``in_flight`` of them at once.

    An item that the context or the encoder cache has no room for is refused, and takes no memory.
    """
    room = min(size for size in (plan.max_model_len, plan.encoder_cache_tokens, 2**62) if size is not None)
    items = {kind: min(tokens, room) for kind, tokens in largest.items()}
    visual = Tokens(max(items.values(), default=0) * max(1, in_flight))
    limits = _vision_limits(plan, Demand(Tokens(1), 1, items, visual))
    constraints = (*plan.constraints, *(limit for limit in limits if limit.unit == "bytes"))
    verdict, reasons = verdict_of(constraints, plan.unknowns)
    return replace(plan, constraints=constraints, verdict=verdict, reasons=reasons)


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
                f"a request needs {demand.request_tokens} tokens with its answer, the engine takes {plan.max_model_len}",
            )
        )  # fmt: skip
    if plan.kv_cache_tokens is not None:
        needed = request_blocks(demand.request_tokens) * demand.concurrent_requests
        pool = plan.kv_cache_tokens
        limits.append(
            Constraint(
                "kv cache", pool.low - needed, pool.best - needed, "tokens",
                f"{demand.concurrent_requests} requests at once need {needed} tokens of cache, "
                f"there are {pool.low} to {pool.high}",
            )
        )  # fmt: skip
    return limits


def _vision_limits(plan: MemoryPlan, demand: Demand) -> list[Constraint]:
    limits = []
    largest = max(demand.largest_item_tokens.values(), default=0)
    if plan.encoder_cache_tokens is not None and largest:
        margin = plan.encoder_cache_tokens - largest
        limits.append(
            Constraint(
                "encoder cache", margin, margin, "tokens",
                f"the largest item has {largest} tokens, the encoder cache holds {plan.encoder_cache_tokens}",
            )
        )  # fmt: skip
    if plan.vision is not None and largest:
        growth = vision_growth(plan.vision, demand)
        limits.append(
            bytes_constraint(
                "vision at run time", plan.outside_budget + growth, _room(plan),
                "requests take {needs} outside the budget once the tower sees them, the card leaves {has}",
            )
        )  # fmt: skip
    return limits


def _room(plan: MemoryPlan) -> Range:
    """What the card has beyond other processes and the budget. Total and budget move together."""
    left = (
        total - plan.used - budget
        for total, budget in zip(
            (plan.total.low, plan.total.best, plan.total.high),
            (plan.budget.low, plan.budget.best, plan.budget.high),
            strict=True,
        )
    )
    return Range(*sorted(left))


def vision_growth(vision: Vision, demand: Demand) -> Range:
    """Bytes that real batches take beyond what was profiled: items larger, or more tokens in one step."""
    largest = max(demand.largest_item_tokens.values(), default=0)
    wanted = max(largest, demand.visual_tokens) * demand.concurrent_requests
    step = max(largest, min(wanted, vision.step_tokens))
    if step <= vision.profiled_tokens:
        return Range.exactly(0)
    each, reserved = vision.bytes_per_token, vision.other_activation
    profiled = (vision.profiled_tokens * each.low, vision.profiled_tokens * each.best, vision.profiled_tokens * each.high)
    needed = (step * each.low, step * each.best, step * each.high)
    kept = (reserved.low, reserved.best, reserved.high)
    low, best, high = (
        max(0, want - max(had, other)) for want, had, other in zip(needed, profiled, kept, strict=True)
    )
    return Range(min(low, best), best, max(best, high))

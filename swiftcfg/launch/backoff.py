"""Back-off: after a start that ran out of memory, how much more to keep free in the next plan.

The field's advice run forwards: start safe, and grow only on evidence. A failed start is evidence of the opposite.
"""

from collections.abc import Sequence

from swiftcfg.gpu import Gpu
from swiftcfg.planner import Plan, Reserve
from swiftcfg.serverlog import Cause

#: Steps that are tried before giving up.
MOST_STEPS = 3
#: The least that one step keeps free, as a share of the card; the log rarely says all that is missing.
STEP_SHARE = 0.05

#: Kind of failure -> where the missing memory was: in the budget of the engine, or beyond it.
INSIDE = frozenset({"profile memory", "kv memory"})
OUTSIDE = frozenset({"start check", "cuda oom"})


def is_memory(cause: Cause) -> bool:
    """Whether a more conservative plan may start where this one did not."""
    return cause.kind in INSIDE | OUTSIDE


def others_took_it(cause: Cause, before: Sequence[Gpu], now: Sequence[Gpu]) -> bool:
    """Whether what others have taken of a card since then is all that was missing: the cards as they are tell it."""
    return cause.kind != "kv memory" and _taken(before, now) >= max(1, _bytes(cause, "missing_bytes") or 0)


def _taken(before: Sequence[Gpu], now: Sequence[Gpu]) -> int:
    """The most that processes of others hold of one of these cards beyond what they held."""
    held = {(gpu.index, gpu.uuid): gpu.used for gpu in before}
    return max((gpu.used - held.get((gpu.index, gpu.uuid), gpu.used) for gpu in now), default=0)


def next_reserve(kept: Reserve, cause: Cause, plan: Plan) -> Reserve:
    """What to keep free of each card after a plan that failed: one step more, or what the log says, if that is more."""
    step = round(min(gpu.cuda_total.best for gpu in plan.gpus) * STEP_SHARE)
    if cause.kind in INSIDE:
        return Reserve(max(kept.inside + step, _overrated(cause, plan)), kept.outside)
    return Reserve(kept.inside, kept.outside + max(step, _bytes(cause, "missing_bytes") or 0))


def _overrated(cause: Cause, plan: Plan) -> int:
    """By how much the plan overrates its cache, where the log tells how much was left for that: all of it counts."""
    left, promised = _left(cause), plan.memory.kv_cache_bytes
    return 0 if left is None or promised is None else promised.low - left


def _left(cause: Cause) -> int | None:
    """What the engine had for its cache, less than nothing where the rest took more than the budget."""
    if cause.kind == "profile memory":
        missing = _bytes(cause, "missing_bytes")
        return None if missing is None else -missing
    of_the_host = "total_bytes" in cause.figures
    return None if of_the_host else _bytes(cause, "available_bytes")


def _bytes(cause: Cause, name: str) -> int | None:
    amount = cause.figures.get(name)
    return amount if isinstance(amount, int) else None

"""Back-off: after a start that ran out of memory, how much more to keep free in the next plan.

The field's advice run forwards: start safe, and grow only on evidence. A failed start is evidence of the opposite.
"""

from swiftcfg.planner import Reserve
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


def next_reserve(kept: Reserve, cause: Cause, card_bytes: int) -> Reserve:
    """What the next plan keeps free of each card: one step more, or what the log says is missing if that is more."""
    missing = cause.figures.get("missing_bytes", 0)
    step = max(round(card_bytes * STEP_SHARE), missing if isinstance(missing, int) else 0)
    if cause.kind in INSIDE:
        return Reserve(kept.inside + step, kept.outside)
    return Reserve(kept.inside, kept.outside + step)

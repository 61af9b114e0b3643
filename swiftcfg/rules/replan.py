"""The memory of a deployment with some settings changed, and the limits of its account that do not hold."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from swiftcfg.deployment import Deployment, account
from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory import Constraint, MemoryPlan, Term
from swiftcfg.rule import Fix, Severity
from swiftcfg.rules.knobs import Knobs
from swiftcfg.units import MIB, Bytes, Range, gib
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

#: Stands for a card where none is known: what vLLM draws at the start does not depend on it.
ANY_CARD = Gpu("any card", Bytes(0), Range.exactly(0), Range.exactly(0), Bytes(0), "")
#: Never more of a card than this: what vLLM does not count grows with time (vllm-project/vllm#28230).
MOST_SHARE, LEAST_SHARE = 0.95, 0.05
#: Limits that a smaller share of the card relaxes, byte for byte.
_RELAXED = frozenset({"start check", "outside the budget", "vision at run time"})
#: What explains another limit that breaks with it.
_EXPLAINED_BY = {
    "budget": ("weights",),
    "one whole request": ("weights", "budget"),
    "kv cache": ("weights", "budget", "one whole request"),
    "outside the budget": ("weights", "start check"),
    "vision at run time": ("weights", "start check", "outside the budget"),
    "memory": ("weights",),
}
#: Engines of which no start-up logs were compared: what is said of them is an estimate.
_UNCALIBRATED = ("sglang", "lmdeploy")
_RANK: dict[Severity | None, int] = {None: 0, "info": 1, "warning": 2, "error": 3}


@dataclass(frozen=True, slots=True)
class Broken:
    """A limit that does not hold: most likely (error), or at worst (warning)."""

    limit: Constraint
    severity: Severity

    @property
    def sentence(self) -> str:
        """With what is missing at worst, where it most likely holds."""
        if not self.limit.likely_holds:
            return self.limit.sentence
        amount = -self.limit.margin
        missing = f"{amount / MIB:.0f} MiB" if self.limit.unit == "bytes" else f"{amount} tokens"
        return f"{self.limit.sentence}; that most likely holds, at worst {missing} are missing"


def first_broken(plan: MemoryPlan, name: str, settings: EngineSettings) -> Broken | None:
    """This limit, if it does not hold and no other one explains that."""
    found = next((item for item in plan.constraints if item.name == name), None)
    severity = _severity(plan, found)
    if severity == "error" and settings.backend in _UNCALIBRATED:
        severity = "warning"
    if found is None or severity is None:
        return None
    for other in _EXPLAINED_BY.get(name, ()):
        if other == "weights" and too_heavy(plan, settings):
            return None
        causes = (_severity(plan, item) for item in plan.constraints if item.name == other)
        if max((_RANK[cause] for cause in causes), default=0) >= _RANK[severity]:
            return None
    return Broken(found, severity)


def _severity(plan: MemoryPlan, item: Constraint | None) -> Severity | None:
    """Nothing is claimed of the worst case where a part of the account is not known."""
    if item is None or item.holds:
        return None
    if not item.likely_holds:
        return "error"
    return None if plan.unknowns else "warning"


def too_heavy(plan: MemoryPlan, settings: EngineSettings) -> Term | None:
    """The weights, where they alone are more than they may take."""
    weights = plan.term("weights")
    return weights if weights and weights.amount.best > weights_room(plan, settings) else None


def weights_room(plan: MemoryPlan, settings: EngineSettings) -> int:
    """What the weights may take: vLLM's budget, or what is free of the card."""
    if settings.backend == "vllm" and not settings.kv_cache_memory:
        return plan.budget.best
    context = plan.term("cuda context")
    return plan.total.best - plan.used - (context.amount.best if context else 0)


def replanned(deployment: Deployment, workload: Workload | None, **changes: Any) -> MemoryPlan:
    """The account with other settings."""
    return account(replace(deployment, settings=replace(deployment.settings, **changes)), workload)


def sound(plan: MemoryPlan) -> bool:
    """Whether everything holds at worst."""
    return all(item.holds for item in plan.constraints)


def best_share(deployment: Deployment, workload: Workload | None, plan: MemoryPlan) -> float | None:
    """The largest share of the card, in hundredths, with which everything holds; None where there is none."""
    settings = deployment.settings
    if settings.backend != "vllm" or settings.kv_cache_memory:
        return None
    share = plan.budget.best / plan.total.best
    spare = min((item.margin for item in plan.constraints if item.name in _RELAXED), default=0)
    hundredths = math.floor((share + spare / plan.total.low) * 100 + 1e-6)
    for candidate in (hundredths, hundredths - 1):
        best = min(MOST_SHARE, candidate / 100)
        if best >= LEAST_SHARE and sound(replanned(deployment, workload, gpu_memory_utilization=best)):
            return best
    return None


def context_that_fits(deployment: Deployment, workload: Workload | None, plan: MemoryPlan) -> int | None:
    """The longest max_model_len, in steps of 256, with which everything holds; None where there is none."""
    pool = plan.kv_cache_tokens
    if pool is None or pool.low <= 0 or deployment.settings.backend != "vllm":
        return None
    tokens = min(pool.low, plan.max_model_len or pool.low)
    for _ in range(4):
        length = tokens // 256 * 256
        if length <= 0:
            return None
        changed = replanned(deployment, workload, max_model_len=length)
        if sound(changed):
            return length
        tokens = min(length - 256, changed.kv_cache_tokens.low if changed.kv_cache_tokens else 0)
    return None


def cache_won(plan: MemoryPlan, changed: MemoryPlan) -> int:
    """Bytes of KV cache that a change gives; 0 where it is not known."""
    if plan.kv_cache_bytes is None or changed.kv_cache_bytes is None:
        return 0
    return changed.kv_cache_bytes.best - plan.kv_cache_bytes.best


def weight_of(won: int, share: float, plan: MemoryPlan) -> Severity | None:
    """A warning where what could be won is more than a share of the cache as it is."""
    return "warning" if plan.kv_cache_bytes and won > share * plan.kv_cache_bytes.best else None


def tokens_won(plan: MemoryPlan, changed: MemoryPlan) -> str:
    """``93,000 instead of 15,000 tokens`` of cache."""
    if plan.kv_cache_tokens is None or changed.kv_cache_tokens is None:
        return ""
    return f"{changed.kv_cache_tokens.best} instead of {plan.kv_cache_tokens.best} tokens"


def card_of(gpus: tuple[Gpu, ...] | None) -> Gpu:
    return gpus[0] if gpus else ANY_CARD


def processes_in_words(gpus: tuple[Gpu, ...]) -> Iterator[str]:
    """Who holds memory on the cards: names where NVML tells them."""
    for gpu in gpus:
        for process in gpu.processes:
            held = f" {gib(process.used)}" if process.used is not None else ""
            yield f"{process.name or 'a process'} (pid {process.pid}){held}"


def smaller_share(
    knobs: Knobs, deployment: Deployment, workload: Workload | None, plan: MemoryPlan, broken: Broken
) -> Fix | None:
    """A share with which everything holds; safe where the server would not do without."""
    return _share_fix(knobs, deployment, workload, plan, safe=broken.severity == "error")


def larger_share(knobs: Knobs, deployment: Deployment, workload: Workload | None, plan: MemoryPlan) -> Fix | None:
    """The same; nobody knows what else the card is for, so that a human decides."""
    return _share_fix(knobs, deployment, workload, plan, safe=False)


def _share_fix(
    knobs: Knobs, deployment: Deployment, workload: Workload | None, plan: MemoryPlan, *, safe: bool
) -> Fix | None:
    share = best_share(deployment, workload, plan)
    changes = knobs.change("gpu_memory_utilization", share) if share else ()
    return Fix(f"let the engine take {share:g} of the card", changes, safe=safe) if changes else None

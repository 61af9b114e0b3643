"""Measures: the figures of a start beside those of its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swiftcfg.serverlog.events import Event, Measured, Stage
from swiftcfg.serverlog.sightings import STAGES
from swiftcfg.units import Range
from swiftcfg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from swiftcfg.memory.plan import MemoryPlan

#: Of these the rank that has least counts: the engine works with the smallest. Of all others the one that has most.
_LEAST = frozenset({"kv cache", "kv capacity", "concurrency", "free", "total", "gpu cache"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure beside the plan's. ``off`` is how far outside the plan's bounds it is, below them if negative."""

    name: str
    measured: Measured
    planned: Range
    off: int

    @property
    def inside(self) -> bool:
        return self.off == 0


def furthest(stage: str, events: Iterable[Event]) -> str:
    """The stage that a start has reached: processes that are started later begin with the first one again."""
    reached = [event.name for event in events if isinstance(event, Stage)]
    return max((stage, *reached), key=lambda name: STAGES.index(name) if name in STAGES else -1)


def figures_of(events: Iterable[Event]) -> dict[str, Measured]:
    """The figures of a start by their name: over ranks and lines, the most exact ones first."""
    figures: dict[str, Measured] = {}
    for event in events:
        if isinstance(event, Measured):
            figures[event.name] = min(figures.get(event.name, event), event, key=_order)
    return figures


def _order(figure: Measured) -> tuple[int, float]:
    return figure.rounding, figure.value if figure.name in _LEAST else -figure.value


def compare(figures: Mapping[str, Measured], plan: MemoryPlan) -> tuple[Comparison, ...]:
    """Every figure that the plan has too. A figure counts as inside its bounds where its rounding allows it."""
    pairs = ((name, figures[name], planned(plan)) for name, planned in _PLANNED.items() if name in figures)
    return tuple(Comparison(name, figure, range_, _off(figure, range_)) for name, figure, range_ in pairs if range_)


def _off(figure: Measured, planned: Range) -> int:
    above = figure.value - figure.rounding - planned.high
    below = planned.low - figure.value - figure.rounding
    return int(max(above, 0) - max(below, 0))


def _sum(*names: str, inside: bool | None = None) -> Callable[[MemoryPlan], Range | None]:
    """The sum of the terms of these names that the plan has, and that are inside the budget, or outside it."""

    def planned(plan: MemoryPlan) -> Range | None:
        terms = [term for term in map(plan.term, names) if term and inside in {None, term.inside_budget}]
        return sum((term.amount for term in terms[1:]), terms[0].amount) if terms else None

    return planned


def _exactly(amount: Callable[[MemoryPlan], int | None]) -> Callable[[MemoryPlan], Range | None]:
    return lambda plan: None if (number := amount(plan)) is None else Range.exactly(number)


_WEIGHTS = ("weights", "loader tables", "lora buffers")
_AROUND = ("cuda context", "nccl", "workspaces", "other processes")
_ACTIVATION = "peak activation"
_GRAPHS = "cuda graphs"

#: Figures of the log -> what of the plan is the same. From 0.20 on the plan has the graphs by the engine's estimate,
#: inside the budget; before, what they really take.
_PLANNED: Mapping[str, Callable[[MemoryPlan], Range | None]] = {
    "total": lambda plan: plan.total,
    "free": lambda plan: plan.start_check.free if plan.start_check else None,
    "budget": lambda plan: plan.budget,
    "weights": _sum(*_WEIGHTS),
    "consumed": _sum(*_WEIGHTS, *_AROUND, inside=True),
    "activation": _sum(_ACTIVATION),
    "activation and graphs": _sum(_ACTIVATION, _GRAPHS, inside=True),
    "non torch": _sum(*_AROUND, inside=True),
    "cuda graph estimate": _sum(_GRAPHS, inside=True),
    "cuda graphs": _sum(_GRAPHS, inside=False),
    "kv cache": lambda plan: plan.kv_cache_bytes,
    "kv capacity": lambda plan: plan.kv_cache_tokens,
    "max model len": _exactly(lambda plan: plan.max_model_len),
    "encoder cache": _exactly(lambda plan: plan.encoder_cache_tokens),
    "profiled media": _exactly(lambda plan: plan.profiled_item.items if plan.profiled_item else None),
}

"""Measured: the figures that a server printed of its memory, as its state keeps them, the plan's beside them."""

from collections.abc import Mapping
from typing import Any

from swiftcfg.memory import MemoryPlan
from swiftcfg.serverlog import Measured, compare


def measured_record(figures: Mapping[str, Measured], plan: MemoryPlan | None) -> dict[str, Any]:
    """By the name of the figure; ``planned`` is None for what no plan tells."""
    rows = compare(figures, plan) if plan else ()
    planned = {row.name: {"low": row.planned.low, "best": row.planned.best, "high": row.planned.high} for row in rows}
    return {name: _figure(figure) | {"planned": planned.get(name)} for name, figure in figures.items()}


def _figure(figure: Measured) -> dict[str, Any]:
    return {"value": figure.value, "unit": figure.unit, "rounding": figure.rounding}

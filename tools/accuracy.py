"""Compare the memory account with published start-up logs, and write docs/accuracy.md.

``python tools/accuracy.py`` writes the table, ``--check`` fails where the file is out of date.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version

from swiftcfg.architectures import Identity, assemble
from swiftcfg.catalogue import find_model
from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.gpu import Gpu
from swiftcfg.gpu_catalogue import GpuCatalogue
from swiftcfg.gpu_spec import parse_gpus
from swiftcfg.knowledge import load
from swiftcfg.memory import MemoryPlan, plan_memory
from swiftcfg.memory.kv import pool_tokens
from swiftcfg.model import Model, WeightGroup, Weights
from swiftcfg.runtime import Runtime
from swiftcfg.units import GIB, Bytes, Range

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "tests" / "data" / "vllm_logs.yaml"
TABLE = ROOT / "docs" / "accuracy.md"

#: Largest relative error by quantity. Where the pool is a small rest of the card, it may be off by a share of the card.
TOLERANCES = {"weights": 0.015, "activation": 0.15, "pool": 0.10, "tokens": 0.01}
POOL_FLOOR = 0.015


@dataclass(frozen=True)
class Comparison:
    """One printed figure beside what the account says."""

    record: str
    quantity: str
    observed: float
    predicted: Range
    scale: float
    unit: str

    @property
    def error(self) -> float:
        return (self.predicted.best - self.observed) / self.scale if self.scale else 0.0

    @property
    def inside(self) -> bool:
        """Whether the band holds the figure; the log rounds it to a hundredth of a GiB."""
        rounding = 0.005 * GIB if self.unit == "GiB" else 0
        return self.predicted.low - rounding <= self.observed <= self.predicted.high + rounding


@dataclass(frozen=True)
class Outcome:
    """A record with everything that was compared in it."""

    record: Mapping[str, Any]
    plan: MemoryPlan | None
    comparisons: tuple[Comparison, ...]


def records() -> list[dict[str, Any]]:
    content = yaml.safe_load(RECORDS.read_text(encoding="utf-8"))
    return [{**content["defaults"], **record} for record in content["records"]]


def outcome(record: Mapping[str, Any]) -> Outcome:
    if "skipped" in record:
        return Outcome(record, None, ())
    plan = plan_of(record)
    return Outcome(record, plan, tuple(_comparisons(record, plan)))


def plan_of(record: Mapping[str, Any]) -> MemoryPlan:
    runtime = Runtime(Version("4.6.0"), Version(str(record["vllm"])), None)
    return plan_memory(model_of(record), gpu_of(record), runtime, settings_of(record), server="vllm")


def model_of(record: Mapping[str, Any]) -> Model:
    if "config" in record:
        identity = Identity(record["id"], record["id"], local=True, source="config.json")
        model = assemble(identity, {"config.json": record["config"]})
    else:
        model = find_model(record["model"])
    if "weights_gib" not in record:
        return model
    group = WeightGroup("language", "split", Bytes(round(record["weights_gib"] * GIB)), 1)
    return replace(model, weights=Weights((group,), "printed by the log"), quantization="given")


def gpu_of(record: Mapping[str, Any]) -> Gpu:
    gpu = parse_gpus(record["gpu"] or "H100", GpuCatalogue.of(load("gpus.yaml")))[0]
    capability = record.get("capability")
    return replace(gpu, compute_capability=tuple(capability)) if capability else gpu


def settings_of(record: Mapping[str, Any]) -> EngineSettings:
    given = dict(record["settings"])
    limits = {kind: MediaLimit(count) for kind, count in given.pop("media_limits", {}).items()}
    return EngineSettings(backend="vllm", media_limits=limits, **given)


def _comparisons(record: Mapping[str, Any], plan: MemoryPlan) -> Iterator[Comparison]:
    observed, wanted = record["observed"], judged(record)
    for quantity, predicted, scale, unit in _predicted(record, plan):
        if quantity in wanted:
            seen = observed[quantity] * (GIB if unit == "GiB" else 1)
            yield Comparison(record["id"], quantity, seen, predicted, scale or abs(seen), unit)


def _predicted(record: Mapping[str, Any], plan: MemoryPlan) -> Iterator[tuple[str, Range, float, str]]:
    weights, tables, activation = (plan.term(name) for name in ("weights", "loader tables", "peak activation"))
    if weights and tables and "weights_gib" not in record:
        yield "weights", weights.amount + tables.amount, 0, "GiB"
    if activation and record["gpu"]:
        yield "activation", activation.amount, 0, "GiB"
    if plan.kv_cache_bytes and record["gpu"]:
        yield "pool", plan.kv_cache_bytes, pool_scale(record, plan), "GiB"
    pool = record["observed"].get("pool")
    if pool is not None and pool > 0 and plan.kv_bytes_per_token:
        half = 0.005 * GIB
        edges = [round(pool * GIB + shift) for shift in (-half, 0, half)]
        yield "tokens", pool_tokens(Range(edges[0], edges[1], edges[2]), plan.kv_bytes_per_token), 0, "tokens"
    if plan.profiled_item and plan.encoder_cache_tokens is not None:
        yield "encoder_tokens", Range.exactly(plan.encoder_cache_tokens), 0, "tokens"
        yield "items", Range.exactly(plan.profiled_item.items), 0, "items"


def pool_scale(record: Mapping[str, Any], plan: MemoryPlan) -> float:
    """The pool, or 15 % of the card where the pool is a smaller rest."""
    floor = plan.total.best * POOL_FLOOR / TOLERANCES["pool"]
    return max(abs(float(record["observed"].get("pool", 0))) * GIB, floor)


def started(plan: MemoryPlan) -> bool:
    """Whether the account says that the engine starts: everything but what lies outside its budget."""
    return all(item.likely_holds for item in plan.constraints if item.name != "outside the budget")


def judged(record: Mapping[str, Any]) -> set[str]:
    """The quantities that a record is fit to judge."""
    return set(record["observed"]) & set(record.get("compare", record["observed"]))


def _shown(amount: float, unit: str) -> str:
    return f"{amount / GIB:.2f}" if unit == "GiB" else f"{amount:.0f}"


def _row(item: Comparison) -> str:
    low, best, high = (
        _shown(amount, item.unit) for amount in (item.predicted.low, item.predicted.best, item.predicted.high)
    )
    error = "" if item.quantity in ("encoder_tokens", "items") else f"{item.error * 100:+.1f} %"
    band = "yes" if item.inside else "no"
    cells = (item.record, item.quantity, f"{_shown(item.observed, item.unit)} {item.unit}", f"{low} / {best} / {high}")
    return "| " + " | ".join((*cells, error, band)) + " |"


def table() -> str:
    outcomes = [outcome(record) for record in records()]
    lines = [
        "# How far the memory account is from published logs",
        "",
        "Generated by `python tools/accuracy.py` from tests/data/vllm_logs.yaml; a test holds it up to date.",
        "Each row compares a figure that vLLM printed at its start with the account made from the flags alone.",
        "Errors of the pool are of the pool, or of 15 % of the card where less than that is left.",
        "",
        *_summary(outcomes),
        "",
        "| record | quantity | printed | low / best / high | error | in band |",
        "|---|---|---|---|---|---|",
        *(_row(item) for one in outcomes for item in one.comparisons),
        "",
        "## Does it start?",
        "",
        "| record | it did | the account says | source |",
        "|---|---|---|---|",
        *_starts(outcomes),
        "",
        "## Records that judge nothing",
        "",
        *(f"- {one.record['id']}: {one.record['skipped']}." for one in outcomes if one.plan is None),
        "",
        "## What is inferred",
        "",
        *(f"- {one.record['id']}: vLLM {one.record['vllm']}, read from {one.record['read_from']}."
          for one in outcomes if "read_from" in one.record),
        *(f"- {one.record['id']}: compared in part only: {one.record['why']}."
          for one in outcomes if "why" in one.record),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _summary(outcomes: list[Outcome]) -> Iterator[str]:
    items = [item for one in outcomes for item in one.comparisons]
    yield "| quantity | compared | median error | largest error | inside the band |"
    yield "|---|---|---|---|---|"
    for quantity in TOLERANCES:
        errors = sorted(abs(item.error) for item in items if item.quantity == quantity)
        inside = sum(item.inside for item in items if item.quantity == quantity)
        middle, count = errors[len(errors) // 2], len(errors)
        yield f"| {quantity} | {count} | {middle:.1%} | {errors[-1]:.1%} | {inside} of {count} |"


def _starts(outcomes: list[Outcome]) -> Iterator[str]:
    for one in outcomes:
        if one.plan is not None and one.record["gpu"] and "start" in judged(one.record):
            did = "starts" if one.record["observed"]["start"] else "refuses"
            says = "starts" if started(one.plan) else "refuses"
            yield f"| {one.record['id']} | {did} | {says} ({one.plan.verdict}) | {one.record['source']} |"


def main(arguments: list[str]) -> int:
    text = table()
    if "--check" in arguments:
        if TABLE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{TABLE} is out of date: run python tools/accuracy.py", file=sys.stderr)
        return 1
    TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

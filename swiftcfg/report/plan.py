"""Plans as text and JSON."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from swiftcfg.document import machine, noted, runtime
from swiftcfg.planner.plan import Item, Plan, Setting
from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import table, wrapped
from swiftcfg.report.memory import memory_data, terms_text
from swiftcfg.report.runtime import runtime_data

SCHEMA_VERSION = 1


def plan_json(plan: Plan) -> str:
    return as_json(plan_data(plan))


def plan_data(plan: Plan) -> dict[str, Any]:
    """The contract of ``swiftcfg plan --format json``; docs/schemas/plan.schema.json."""
    return {
        "schema_version": SCHEMA_VERSION,
        "model": {"name": plan.model.name, "location": plan.model.location, "source": plan.model.source},
        "gpus": [{"name": gpu.name, "index": gpu.index, "uuid": gpu.uuid} for gpu in plan.gpus],
        "runtime": runtime_data(plan.runtime),
        "workload": {
            "name": plan.workload.name,
            "task": plan.workload.task,
            "concurrent_requests": plan.workload.concurrent_requests,
        },
        "settings": numbers((setting.name, setting.value) for setting in plan.settings),
        "environment": {item.name: item.value for item in plan.settings if item.kind == "variable"},
        "argv": ["swift", "deploy", *plan.config().argv()],
        "reasons": {setting.name: setting.reason for setting in plan.settings},
        "tokens": {
            "request_tokens": plan.request_tokens,
            "items": [item_data(item) for item in plan.items],
        },
        "memory": memory_data(plan.memory),
        "binding_constraint": {
            "name": plan.binding.name,
            "margin": plan.binding.margin,
            "unit": plan.binding.unit,
            "sentence": plan.binding.sentence,
        },
        "next_better": plan.next_better,
        "alternatives": [
            {"change": way.change, "gives": way.gives, "takes": way.takes, "settings": numbers(way.settings.items())}
            for way in plan.alternatives
        ],
        "notes": [
            {"id": note.id, "text": note.text, "source": note.source, "warning": note.warning} for note in plan.notes
        ],
    }


def item_data(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "name": item.name,
        "share": item.share,
        "original": list(item.original),
        "resized": list(item.resized),
        "scale": list(item.scale),
        "shrunk": item.shrunk,
        "tokens": item.tokens,
        "prompt_tokens": item.prompt_tokens,
        "frames": item.frames,
        "effective_dpi": list(item.dpi) if item.dpi else None,
        "box_scale": list(item.box_scale) if item.box_scale else None,
    }


def numbers(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {name: value if name in _TEXTS else typed(value) for name, value in pairs}


#: Settings whose value is what somebody called something, even where that looks like a number.
_TEXTS = frozenset({"model", "model_type", "template", "adapters", "served_model_name", "host"})


def typed(value: str) -> Any:
    """A value as JSON has it where it is a number, a truth or an object; any other text as it is."""
    try:
        found = json.loads(value)
    except ValueError:
        return value
    return found if isinstance(found, (bool, int, float, dict)) else value


def plan_text(plan: Plan) -> str:
    """All of a plan for people."""
    parts = [
        summary_text(plan),
        _section("Settings", _settings(plan.settings)),
        _section("Memory of one card", [terms_text(plan.memory).rstrip("\n")]),
        _section("Alternatives", _alternatives(plan)),
        _section("Notes", [paragraph(f"- {noted(note)}") for note in plan.notes if not note.warning]),
    ]
    return "\n".join(part for part in parts if part)


def summary_text(plan: Plan) -> str:
    """What a plan comes to, in a screenful."""
    lines = [
        f"{plan.model.name} for {plan.workload.name} on {machine(plan)}",
        runtime(plan),
        "",
        *_table(plan.items),
        *([""] if plan.items else []),
        *_fit(plan),
        paragraph(plan.what_binds()),
        paragraph(plan.next_better),
        *(paragraph(f"Warning: {note.text}") for note in plan.notes if note.warning),
    ]
    return "\n".join(lines) + "\n"


def _fit(plan: Plan) -> Iterator[str]:
    at_once, pool = plan.memory.max_num_seqs, plan.memory.kv_cache_tokens
    if pool:
        yield paragraph(
            f"{at_once} of the largest requests at once, {plan.request_tokens} tokens each with the answer: "
            f"{at_once * plan.request_tokens} of {pool.low} to {pool.high} tokens of cache."
        )


def _table(items: Iterable[Item]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("", "becomes", "each side", "tokens", "boxes: multiply by")]
    rows += [_row(item) for item in items]
    if len(rows) == 1:
        return
    columns = len(rows[0]) if any(row[-1] for row in rows[1:]) else len(rows[0]) - 1
    yield from table([row[:columns] for row in rows])


def _row(item: Item) -> tuple[str, ...]:
    becomes = f"{item.resized[0]}x{item.resized[1]}"
    if item.frames:
        becomes = f"{item.frames} frames of {becomes}"
    scale = f"{item.scale[0]:.1%} x {item.scale[1]:.1%}"
    if item.dpi:
        scale += f" ({item.dpi[1]} dpi)" if item.dpi[0] == item.dpi[1] else f" ({item.dpi[0]}x{item.dpi[1]} dpi)"
    boxes = f"{item.box_scale[0]:.5f} x {item.box_scale[1]:.5f}" if item.box_scale else ""
    return item.name, becomes, scale, str(item.tokens), boxes


def _settings(settings: Iterable[Setting]) -> Iterator[str]:
    for setting in settings:
        name = setting.name if setting.kind == "variable" else f"--{setting.name}"
        yield f"  {name}={setting.value}" if setting.kind == "variable" else f"  {name} {setting.value}"
        if setting.reason:
            yield paragraph(setting.reason, indent=6)


def _alternatives(plan: Plan) -> Iterator[str]:
    for way in plan.alternatives:
        yield paragraph(f"- {way.change}: {way.gives}. Costs: {way.takes}.")


def _section(title: str, lines: Iterable[str]) -> str:
    body = list(lines)
    return "\n".join([title, *body]) + "\n" if body else ""


def paragraph(text: str, indent: int = 2) -> str:
    """Wrapped text; what follows a dash hangs beside it, and a link is never broken."""
    hang = " " * (indent + 2 if text.startswith("- ") else indent)
    return wrapped(text, hang, first=" " * indent)

"""Models as text and JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from swiftcfg.engine import EngineSettings
from swiftcfg.memory import kv_bytes_per_token
from swiftcfg.model import Model, Part, ProcessorLimits, TextTower, VisionTower
from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import wrapped
from swiftcfg.units import Bytes, gib
from swiftcfg.values import dataclass

SCHEMA_VERSION = 1

_PARTS: tuple[Part, ...] = ("embedding", "head", "language", "vision")


@dataclass(frozen=True, slots=True)
class ModelReport:
    """A model and what follows from it: bytes of weights, whole and by part, and of one token's cache."""

    model: Model
    weight_bytes: Bytes | None
    part_bytes: dict[str, Bytes]
    kv_bytes_per_token: int | None


def report_of(model: Model) -> ModelReport:
    weights = model.weights
    return ModelReport(
        model=model,
        weight_bytes=weights.total() if weights else None,
        part_bytes={part: weights.of(part) for part in _PARTS} if weights else {},
        kv_bytes_per_token=kv_bytes_per_token(model, EngineSettings("vllm"))[0],
    )


def model_json(model: Model) -> str:
    """One model; docs/schemas/model.schema.json."""
    return _json(asdict(report_of(model)))


def models_json(models: Iterable[Model]) -> str:
    """The list; docs/schemas/models.schema.json."""
    return _json({"models": [asdict(report_of(model)) for model in models]})


def _json(data: dict[str, Any]) -> str:
    return as_json({"schema_version": SCHEMA_VERSION, **data})


def models_text(models: Iterable[Model]) -> str:
    """A line a model: hub id, weights, and the cache of a thousand tokens."""
    reports = [report_of(model) for model in models]
    width = max(len(report.model.location) for report in reports)
    head = f"{'model':<{width}}  {'weights':>10}  KV bytes per token\n"
    return head + "".join(
        f"{report.model.location:<{width}}  {_weight(report):>10}  {_count(report.kv_bytes_per_token):>18}\n"
        for report in reports
    )


def _weight(report: ModelReport) -> str:
    return "unknown" if report.weight_bytes is None else gib(report.weight_bytes)


def _count(amount: int | None) -> str:
    return "unknown" if amount is None else f"{amount:,}"


def model_text(model: Model) -> str:
    """Everything that is known of a model, for people."""
    rows = {name: value for name, value in _rows(model).items() if value}
    width = max(map(len, rows)) + 2
    lists = {
        "not known": model.unknowns,
        "notes": model.notes,
        "sources": [f"{subject}: {source}" for subject, source in model.sources],
    }
    table = "\n".join(_behind(f"{name:<{width}}", value) for name, value in rows.items())
    blocks = [_listed(title, items) for title, items in lists.items() if items]
    return "\n\n".join([model.name, table, *blocks]) + "\n"


def _listed(title: str, items: Iterable[str]) -> str:
    return "\n".join([f"{title}:", *(_behind("- ", item) for item in items)])


def _behind(head: str, text: str) -> str:
    """``text`` behind ``head``, indented as far where it needs more lines."""
    return wrapped(text, " " * len(head), first=head)


def _rows(model: Model) -> dict[str, str]:
    return {
        "location": model.location,
        "model type": model.model_type or "",
        "template": model.template or "",
        "architecture": model.architecture,
        "weights": _weights(model),
        "quantisation": _quantisation(model),
        "language": _language(model.text),
        "context": f"{model.text.max_position_embeddings:,} tokens" if model.text else "",
        "KV cache": _cache(model),
        "vision": _vision(model.vision),
        "images": _images(model.limits),
        "videos": _videos(model),
        "boxes": _boxes(model),
        "adapter": _adapter(model),
        "sampling": ", ".join(f"{name} {value}" for name, value in model.sampling),
        "args.json": ", ".join(f"{name} {value}" for name, value in model.swift_args),
    }


def _weights(model: Model) -> str:
    report = report_of(model)
    if model.weights is None or report.weight_bytes is None:
        return "unknown"
    parts = ", ".join(f"{part} {gib(amount)}" for part, amount in report.part_bytes.items() if amount)
    return f"{gib(report.weight_bytes)}, {model.weights.source}: {parts}"


def _quantisation(model: Model) -> str:
    if model.quantization is None:
        return ""
    group = f", groups of {model.quantization_group}" if model.quantization_group else ""
    return f"{model.quantization}{group}"


def _language(text: TextTower | None) -> str:
    if text is None:
        return "unknown"
    moe = text.moe
    experts = f", {moe.experts} experts of {moe.intermediate_size}, {moe.experts_per_token} a token" if moe else ""
    return (
        f"{text.layers} layers, {text.hidden_size} wide, {text.attention_heads} heads and {text.kv_heads} "
        f"key-value heads of {text.head_dim}, vocabulary {text.vocab_size:,}{experts}"
    )


def _cache(model: Model) -> str:
    per_token, why = kv_bytes_per_token(model, EngineSettings("vllm"))
    return f"unknown: {why}" if per_token is None else f"{per_token:,} bytes per token ({why})"


def _vision(tower: VisionTower | None) -> str:
    if tower is None:
        return ""
    deepstack = f", {tower.deepstack_levels} deepstack levels" if tower.deepstack_levels else ""
    return (
        f"{tower.kind} tower: {tower.depth} blocks, {tower.hidden_size} wide{deepstack}; "
        f"one token is {tower.factor}x{tower.factor} px"
    )


def _images(limits: ProcessorLimits | None) -> str:
    return f"{limits.image_min:,} to {limits.image_max:,} px in the checkpoint's own processor" if limits else ""


def _videos(model: Model) -> str:
    limits = model.limits
    if limits is None or limits.video_min is None or limits.video_max is None:
        return ""
    what = "all frames together" if model.vision and model.vision.kind == "qwen3_vl" else "each frame"
    return f"{limits.video_min:,} to {limits.video_max:,} px for {what}"


def _boxes(model: Model) -> str:
    if model.vision is None:
        return ""
    return "pixels of the resized image" if model.absolute_coordinates else "0 to 1000, whatever the size of the image"


def _adapter(model: Model) -> str:
    adapter = model.adapter
    return f"{adapter.name}: LoRA of rank {adapter.rank}, {gib(adapter.bytes_total)}" if adapter else ""

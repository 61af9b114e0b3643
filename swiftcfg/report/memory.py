"""Memory plans as text and JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from swiftcfg.deployment import Deployment
from swiftcfg.engine import EngineSettings
from swiftcfg.memory import Constraint, MemoryPlan, ProfiledItem, StartCheck, Term
from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import wrapped
from swiftcfg.report.runtime import runtime_data
from swiftcfg.units import GIB, Range

SCHEMA_VERSION = 1


def account_json(deployment: Deployment, plan: MemoryPlan) -> str:
    """The contract of ``swiftcfg memory --format json``; docs/schemas/memory.schema.json."""
    return as_json(account_data(deployment, plan))


def account_data(deployment: Deployment, plan: MemoryPlan) -> dict[str, Any]:
    """What the account is of, then the account."""
    settings, gpu = deployment.settings, deployment.gpus[0]
    return {
        "schema_version": SCHEMA_VERSION,
        "model": {
            "name": deployment.model.name,
            "location": deployment.model.location,
            "source": deployment.model.source,
        },
        "gpu": {"name": gpu.name, "index": gpu.index, "uuid": gpu.uuid, "source": gpu.source},
        "ranks": deployment.ranks,
        "runtime": runtime_data(deployment.runtime),
        "settings": settings_data(settings),
        **memory_data(plan),
        "notes": [*deployment.notes, *plan.notes],
        "unread": [{"name": name, "reason": reason} for name, reason in settings.unread],
        "problems": [{"name": name, "reason": reason} for name, reason in settings.problems],
    }


def memory_data(plan: MemoryPlan) -> dict[str, Any]:
    """One plan as plain values; amounts in bytes, lengths in tokens."""
    return {
        "verdict": plan.verdict,
        "reasons": list(plan.reasons),
        "terms": [_term_data(term) for term in plan.terms],
        "budget": _range_data(plan.budget),
        "outside_budget": _range_data(plan.outside_budget),
        "room_outside_budget": _range_data(plan.room),
        "kv_bytes_per_token": plan.kv_bytes_per_token,
        "kv_cache_bytes": _range_or_none(plan.kv_cache_bytes),
        "kv_cache_tokens": _range_or_none(plan.kv_cache_tokens),
        "requests_at_once": _range_or_none(plan.requests_at_once),
        "profiled_item": _item_data(plan.profiled_item),
        "encoder_cache_tokens": plan.encoder_cache_tokens,
        "max_model_len": plan.max_model_len,
        "max_num_seqs": plan.max_num_seqs,
        "max_num_batched_tokens": plan.max_num_batched_tokens,
        "start_check": _check_data(plan.start_check),
        "constraints": [_constraint_data(item) for item in plan.constraints],
        "notes": list(plan.notes),
        "unknowns": list(plan.unknowns),
        "skipped": list(plan.skipped),
    }


def settings_data(settings: EngineSettings) -> dict[str, Any]:
    """What the engine is told, by its own names; null where it decides itself."""
    limits = {
        kind: {"count": limit.count, "width": limit.width, "height": limit.height, "frames": limit.frames}
        for kind, limit in settings.media_limits.items()
    }
    plain = (
        "backend", "tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size", "gpu_memory_utilization",
        "kv_cache_memory", "max_model_len", "max_num_seqs", "max_num_batched_tokens", "enforce_eager", "kv_cache_dtype",
        "quantization", "torch_dtype", "enable_lora", "mm_encoder_tp_mode", "skip_mm_profiling", "attn_impl",
    )  # fmt: skip
    return {
        **{name: getattr(settings, name) for name in plain},
        "limit_mm_per_prompt": limits,
        "mm_processor_kwargs": dict(settings.processor_kwargs),
    }


def account_text(deployment: Deployment, plan: MemoryPlan) -> str:
    """The account for people: what it is of, the terms, what it comes to."""
    runtime = deployment.runtime
    versions = ", ".join(
        f"{name} {version}" for name in ("ms-swift", "vllm") if (version := runtime.version_of(name)) is not None
    )
    ranks = f", one of {deployment.ranks}" if deployment.ranks > 1 else ""
    head = f"{deployment.model.name} on {deployment.gpus[0].name}{ranks} ({versions})"
    lines = [head, "", terms_text(plan).rstrip("\n"), "", *_results(plan), "", *_verdict_lines(deployment, plan)]
    for title, words in (
        ("does not start", tuple(f"{name}: {reason}" for name, reason in deployment.settings.problems)),
        ("no effect", tuple(f"{name}: {reason}" for name, reason in deployment.settings.unread)),
        ("not known", plan.unknowns),
        ("left out", plan.skipped),
        ("note", (*deployment.notes, *plan.notes)),
    ):
        lines += [wrapped(f"{title}: {word}", "  ") for word in words]
    return "\n".join(lines) + "\n"


def terms_text(plan: MemoryPlan) -> str:
    """The terms as a table in GiB; what another term contains is indented below it."""
    rows = [("GiB", "low", "best", "high", ""), *(_term_row(term) for term in plan.terms)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "".join(f"{_aligned(row, widths)}\n" for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *amounts, place = row
    cells = [name.ljust(widths[0]), *map(str.rjust, amounts, widths[1:]), place]
    return "  ".join(cells).rstrip()


def _term_row(term: Term) -> tuple[str, str, str, str, str]:
    amounts = (f"{amount / GIB:.2f}" for amount in (term.amount.low, term.amount.best, term.amount.high))
    low, best, high = amounts
    name = f"  {term.name}" if term.part_of else term.name
    place = "" if term.name in ("total", "budget") or term.part_of else _place(term)
    return name, low, best, high, place


def _place(term: Term) -> str:
    return "inside the budget" if term.inside_budget else "outside the budget"


def _results(plan: MemoryPlan) -> Iterator[str]:
    if plan.kv_bytes_per_token is not None:
        yield f"cache of one token   {plan.kv_bytes_per_token} bytes"
    if plan.kv_cache_tokens is not None:
        yield f"tokens of cache      {_span(plan.kv_cache_tokens)}"
    if plan.requests_at_once is not None:
        yield f"requests at once     {_span(plan.requests_at_once)}"
    if plan.max_model_len is not None:
        yield f"longest request      {plan.max_model_len} tokens"
    if plan.profiled_item is not None:
        yield wrapped(f"vision profile       {_item_text(plan.profiled_item)}", " " * len("vision profile       "))
    if plan.encoder_cache_tokens is not None:
        yield f"encoder cache        {plan.encoder_cache_tokens} tokens"


def _item_text(item: ProfiledItem) -> str:
    frames = f", {item.frames} frames" if item.frames else ""
    return (
        f"{item.items} {item.modality} of {item.dummy_tokens} tokens ({item.width}x{item.height}{frames}): {item.why}"
    )


def _span(amount: Range) -> str:
    if amount.low == amount.high:
        return str(amount.best)
    return f"{amount.best} (from {amount.low} to {amount.high})"


def _verdict_lines(deployment: Deployment, plan: MemoryPlan) -> Iterator[str]:
    stopped = "does not start as it is written; without what stops it: " if deployment.settings.problems else ""
    yield f"verdict: {stopped}{plan.verdict}"
    for reason in plan.reasons:
        yield wrapped(f"  - {reason}", "    ")


def _term_data(term: Term) -> dict[str, Any]:
    return {
        "name": term.name,
        "low_bytes": term.amount.low,
        "best_bytes": term.amount.best,
        "high_bytes": term.amount.high,
        "inside_budget": term.inside_budget,
        "part_of": term.part_of,
        "source": term.source,
    }


def _range_data(amount: Range) -> dict[str, int]:
    return {"low": amount.low, "best": amount.best, "high": amount.high}


def _range_or_none(amount: Range | None) -> dict[str, int] | None:
    return None if amount is None else _range_data(amount)


def _item_data(item: ProfiledItem | None) -> dict[str, Any] | None:
    if item is None:
        return None
    names = ("modality", "items", "tokens_per_item", "dummy_tokens", "patches", "width", "height", "frames", "why")
    return {name: getattr(item, name) for name in names}


def _check_data(check: StartCheck | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {"free": _range_data(check.free), "requested": _range_data(check.requested), "source": check.source}


def _constraint_data(item: Constraint) -> dict[str, Any]:
    return {
        "name": item.name,
        "holds": item.holds,
        "margin": item.margin,
        "likely_margin": item.likely_margin,
        "unit": item.unit,
        "sentence": item.sentence,
    }

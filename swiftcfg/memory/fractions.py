"""SGLang and LMDeploy: a fraction sizes the cache. Mapped from their documentation, calibrated against no log."""

from collections.abc import Iterable

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.judge import bytes_constraint, requests_held, unread_images, verdict_of
from swiftcfg.memory.kv import kv_bytes_per_token, pool_tokens, request_blocks
from swiftcfg.memory.language import language_peak
from swiftcfg.memory.loaded import dtype_width, loaded
from swiftcfg.memory.plan import Constraint, Demand, MemoryPlan, Term
from swiftcfg.model import Model
from swiftcfg.runtime import Runtime
from swiftcfg.units import GIB, MIB, Range, Tokens
from swiftcfg.values import dataclass

_UNCALIBRATED = "uncalibrated: no start-up log of this engine was compared"

#: SGLang picks its fraction by card; 0.8 to 0.9 on one GPU (sglang@0.5.3:python/sglang/srt/server_args.py).
_SGLANG_DEFAULT = 0.85
#: ms-swift@4.6.0:swift/arguments/infer_args.py:33 lmdeploy_cache_max_entry_count.
_LMDEPLOY_DEFAULT = 0.8

#: Tokens of one prefill step: sglang server_args chunked_prefill_size, lmdeploy max_prefill_token_num.
_PREFILL = 8192
_LIBRARIES = Range(200 * MIB, 600 * MIB, 2 * GIB)

#: A tower over one largest item, bytes per token: the range of every tower counted for vLLM, widened.
_TOWER_BYTES_PER_TOKEN = (90_000, 160_000, 260_000)


@dataclass(frozen=True, slots=True)
class _Fixed:
    """What does not depend on the fraction."""

    model: Model
    gpu: Gpu
    settings: EngineSettings
    terms: tuple[Term, ...]
    free: Range
    loaded: Range
    working: Range


def plan_sglang(
    model: Model, gpu: Gpu, _runtime: Runtime, settings: EngineSettings, demand: Demand | None
) -> MemoryPlan:
    """mem_fraction_static: weights and cache together take this share of what is free at the start."""
    share = settings.gpu_memory_utilization or _SGLANG_DEFAULT
    fixed = _fixed(model, gpu, settings, demand)
    static = Range(*(round(amount * share) for amount in (fixed.free.low, fixed.free.best, fixed.free.high)))
    rule = f"mem_fraction_static {share} of what is free at the start, less the weights; {_UNCALIBRATED}"
    return _plan(fixed, static - fixed.loaded, rule)


def plan_lmdeploy(
    model: Model, gpu: Gpu, _runtime: Runtime, settings: EngineSettings, demand: Demand | None
) -> MemoryPlan:
    """cache_max_entry_count: the cache takes this share of what is free after the weights are loaded."""
    share = settings.gpu_memory_utilization or _LMDEPLOY_DEFAULT
    fixed = _fixed(model, gpu, settings, demand)
    free = fixed.free - fixed.loaded
    pool = Range(*(round(amount * share) for amount in (free.low, free.best, free.high)))
    rule = f"cache_max_entry_count {share} of what is free after loading; {_UNCALIBRATED}"
    return _plan(fixed, pool, rule)


def _fixed(model: Model, gpu: Gpu, settings: EngineSettings, demand: Demand | None) -> _Fixed:
    nothing = Range.exactly(0)
    on_card = loaded(model, settings, _PREFILL)
    weights = on_card.weights + on_card.tables if on_card else nothing
    width, text = dtype_width(model, settings), model.text
    speaks = language_peak(text, _PREFILL, settings.tensor_parallel_size, width) if text else nothing
    largest = max(demand.largest_item_tokens.values(), default=0) if demand else 0
    if model.vision and model.limits and not largest:
        largest = model.limits.image_max // model.vision.factor**2
    sees = Range(*(largest * each for each in _TOWER_BYTES_PER_TOKEN)) if model.vision else nothing
    working = sees.max(speaks)
    free = gpu.free_before_context() - gpu.context - _LIBRARIES
    source = on_card.weights_source if on_card else "not known"
    terms = (
        Term("total", gpu.cuda_total, gpu.source, inside_budget=False),
        Term("cuda context", gpu.context, gpu.source, inside_budget=False),
        Term("libraries", _LIBRARIES, f"communication, kernels, CUDA graphs; {_UNCALIBRATED}", inside_budget=False),
        Term("weights", weights, source, inside_budget=True),
        Term(
            "peak activation", working, f"tower or prefill of {_PREFILL} tokens; {_UNCALIBRATED}", inside_budget=False
        ),
    )
    return _Fixed(model, gpu, settings, terms, free, weights, working)


def _plan(fixed: _Fixed, pool: Range, rule: str) -> MemoryPlan:
    model, gpu, settings = fixed.model, fixed.gpu, fixed.settings
    per_token, why = kv_bytes_per_token(model, settings)
    known = model.weights is not None
    unknowns = [*settings.unknowns, *unread_images(model)] + (
        [] if known else ["the bytes of the weights are not known"]
    )
    if per_token is None:
        unknowns.append(why)
    tokens = pool_tokens(pool, per_token) if per_token and known else None
    length = settings.max_model_len or (model.text.max_position_embeddings if model.text else None)
    constraints = tuple(_constraints(fixed, pool, tokens, length)) if known else ()
    verdict, reasons = verdict_of(constraints, unknowns)
    seqs = settings.max_num_seqs or 256
    return MemoryPlan(
        terms=(*fixed.terms, Term("kv cache", pool, f"{rule}; {why}", inside_budget=True)),
        total=gpu.cuda_total, used=gpu.used, budget=fixed.loaded + pool, outside_budget=fixed.working,
        room=_left(fixed, pool),
        kv_bytes_per_token=per_token, kv_cache_bytes=pool if known else None, kv_cache_tokens=tokens,
        profiled_item=None,
        encoder_cache_tokens=None, max_model_len=Tokens(length) if length else None, max_num_seqs=seqs,
        max_num_batched_tokens=Tokens(_PREFILL),
        requests_at_once=requests_held(tokens, length, seqs) if tokens and length else None,
        start_check=None, vision=None, constraints=constraints, verdict=verdict, reasons=reasons,
        notes=(f"This engine's numbers are {_UNCALIBRATED.replace(': no', ', no')}.",), unknowns=tuple(unknowns),
        skipped=("start check and vision profile: not modelled for this engine",),
    )  # fmt: skip


def _constraints(fixed: _Fixed, pool: Range, tokens: Range | None, length: int | None) -> Iterable[Constraint]:
    yield bytes_constraint("budget", Range.exactly(0), pool, "the weights leave {has} for the cache")
    yield bytes_constraint(
        "outside the budget",
        fixed.working,
        _left(fixed, pool),
        "the first pass takes {needs}, weights and cache leave {has}",
    )
    if tokens is not None and length is not None:
        needed = request_blocks(length)
        yield Constraint(
            "one whole request", tokens.low - needed, tokens.best - needed, "tokens",
            f"one request of {length} tokens needs {needed} of cache, there are {tokens.low} to {tokens.high}",
        )  # fmt: skip


def _left(fixed: _Fixed, pool: Range) -> Range:
    """What is free beside weights and cache; the cache is a share of the same amount, so bounds go together."""
    left = sorted(
        free - weights - cache
        for free, weights, cache in zip(
            (fixed.free.low, fixed.free.best, fixed.free.high),
            (fixed.loaded.high, fixed.loaded.best, fixed.loaded.low),
            (pool.low, pool.best, pool.high),
            strict=True,
        )
    )
    return Range(left[0], left[1], left[2])

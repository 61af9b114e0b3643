"""The transformers backend: no budget and no profile, so the request itself decides what is taken."""

from collections.abc import Iterable

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.judge import bytes_constraint, verdict_of
from swiftcfg.memory.kv import kv_bytes_per_token
from swiftcfg.memory.loaded import dtype_width, loaded
from swiftcfg.memory.plan import Constraint, Demand, MemoryPlan, Term
from swiftcfg.model import Model, TextTower, VisionTower
from swiftcfg.runtime import Runtime
from swiftcfg.units import MIB, Range, Tokens

#: From here on the towers split their input by picture and pass no mask, and generate asks for the last row of
#: logits only (transformers@5.19.0:models/qwen2_5_vl/modeling_qwen2_5_vl.py; releases between are not read).
_SPLITS_PICTURES = Version("4.54.0")

#: Attention by kernel: how many tensors of heads x patches x patches are alive, in bytes per element. Eager keeps
#: the scores, their float32 softmax and its copy (transformers@5.19.0 eager_attention_forward).
_EAGER_BYTES = (6, 8, 10)

#: The caching allocator keeps what it once had.
_FRAGMENTS = Range(0, 256 * MIB, 1024 * MIB)
_NAMES_OF_FLASH = frozenset({"flash_attn", "flash_attention_2", "flash_attention_3", "flash_attn_2"})


def plan_transformers(
    model: Model, gpu: Gpu, runtime: Runtime, settings: EngineSettings, demand: Demand | None
) -> MemoryPlan:
    """The account of one model copy; without a demand it is that of one full context with the largest image."""
    unknowns = list(settings.unknowns)
    if model.weights is None or model.text is None:
        unknowns.append("the bytes of the weights or the size of the language model are not known")
    wanted = demand or _worst(model, settings)
    per_token, why = kv_bytes_per_token(model, settings)
    if per_token is None:
        unknowns.append(why)
    terms = tuple(_terms(model, gpu, runtime, settings, wanted, per_token or 0, why))
    needs = Range(*(sum(getattr(term.amount, bound) for term in terms[1:]) for bound in ("low", "best", "high")))
    constraints = tuple(_constraints(gpu, needs))
    verdict, reasons = verdict_of(constraints, unknowns)
    batch = settings.max_num_seqs or 1
    return MemoryPlan(
        terms=terms, total=gpu.cuda_total, used=gpu.used, budget=Range.exactly(0), outside_budget=needs, room=_room(gpu),
        kv_bytes_per_token=per_token, kv_cache_bytes=None, kv_cache_tokens=None, profiled_item=None,
        encoder_cache_tokens=None, max_model_len=model.text.max_position_embeddings if model.text else None,
        max_num_seqs=batch, max_num_batched_tokens=None, requests_at_once=Range.exactly(batch), start_check=None,
        vision=None, constraints=constraints, verdict=verdict, reasons=reasons,
        notes=("The cache grows with each request; there is no pool to size.",),
        unknowns=tuple(unknowns), skipped=("budget, profile and cache pool: this backend has none",),
    )  # fmt: skip


def _worst(model: Model, settings: EngineSettings) -> Demand:
    """A full context with the largest image that the processor makes."""
    tower, limits = model.vision, model.limits
    largest = limits.image_max // tower.factor**2 if tower and limits else 0
    length = model.text.max_position_embeddings if model.text else 1
    request = max(largest, settings.max_model_len or min(length, 32768))
    return Demand(Tokens(request), 1, {"image": largest} if largest else {}, Tokens(largest))


def _terms(
    model: Model, gpu: Gpu, runtime: Runtime, settings: EngineSettings, demand: Demand, per_token: int, why: str
) -> Iterable[Term]:
    batch, width = settings.max_num_seqs or 1, dtype_width(model, settings)
    yield Term("total", gpu.cuda_total, gpu.source, inside_budget=False)
    yield Term("cuda context", gpu.context, gpu.source, inside_budget=False)
    on_card = loaded(model, settings, 0)
    if on_card is not None:
        yield Term("weights", on_card.weights, on_card.weights_source, inside_budget=False)
    recent = runtime.transformers is None or Version(runtime.transformers.base_version) >= _SPLITS_PICTURES
    if model.text is not None:
        yield _peak(model, model.text, settings, demand, width, batch, recent=recent)
    cache = per_token * demand.request_tokens * batch
    yield Term("kv cache", Range.exactly(cache), f"{demand.request_tokens} tokens; {why}", inside_budget=False)
    yield Term("growth", _FRAGMENTS, "fragments that the caching allocator keeps", inside_budget=False)


def _peak(
    model: Model, text: TextTower, settings: EngineSettings, demand: Demand, width: int, batch: int, *, recent: bool
) -> Term:
    """The tower and the prompt's pass follow one another; the larger one counts."""
    attention = settings.attn_impl or "sdpa"
    largest = max(demand.largest_item_tokens.values(), default=0)
    seen = max(largest, demand.visual_tokens) * batch
    sees = (
        _tower(model.vision, attention, largest, seen, width, recent=recent)
        if model.vision and seen
        else Range.exactly(0)
    )
    speaks = _prompt(text, attention, demand.request_tokens, width, batch, recent=recent)
    kept = Range.exactly(seen * text.hidden_size * width)
    source = (
        f"attention {attention}: the tower over {seen} tokens, then a prompt of {demand.request_tokens} tokens "
        "(transformers@5.19.0:models/qwen2_5_vl/modeling_qwen2_5_vl.py)"
    )
    return Term("peak activation", sees.max(kept + speaks), source, inside_budget=False)


def _tower(tower: VisionTower, attention: str, largest: int, seen: int, width: int, *, recent: bool) -> Range:
    """Linear in patches with flash or memory-efficient kernels, quadratic where scores or a mask are stored."""
    patches, one = seen * tower.merge_size**2, largest * tower.merge_size**2
    pixels = tower.in_channels * tower.temporal_patch_size * tower.patch_size**2
    linear = patches * (
        width * (4 * tower.hidden_size + 3 * tower.intermediate_size + 8 * tower.hidden_size) + 4 * pixels
    )
    linear += patches * width * tower.out_hidden_size * tower.deepstack_levels // tower.merge_size**2
    low, best, high = linear * 6 // 10, linear * 8 // 10, linear * 12 // 10
    if attention == "eager":
        scores = tower.heads * (one if recent else patches) ** 2
        return Range(low + scores * _EAGER_BYTES[0], best + scores * _EAGER_BYTES[1], high + scores * _EAGER_BYTES[2])
    if attention not in _NAMES_OF_FLASH and not recent:  # a mask of all patches against all, widened for the kernel
        return Range(low + patches**2, best + patches**2 * (1 + width), high + patches**2 * (1 + 3 * width))
    return Range(low, best, high)


def _prompt(text: TextTower, attention: str, tokens: int, width: int, batch: int, *, recent: bool) -> Range:
    """One layer over the whole prompt, and logits of its last row or, in older releases, of every row."""
    inner = text.intermediate_size if text.moe is None else text.moe.intermediate_size * text.moe.experts_per_token
    layer = tokens * batch * width * (3 * inner + 6 * text.hidden_size)
    scores = text.attention_heads * tokens**2 * batch if attention == "eager" else 0
    rows = batch if recent else tokens * batch
    logits = rows * text.vocab_size
    return Range(
        max(layer * 7 // 10 + scores * _EAGER_BYTES[0], logits * width),
        max(layer + scores * _EAGER_BYTES[1], logits * (width + 4)),
        max(layer * 13 // 10 + scores * _EAGER_BYTES[2], logits * (width + 8)),
    )


def _constraints(gpu: Gpu, needs: Range) -> Iterable[Constraint]:
    yield bytes_constraint("memory", needs, _room(gpu), "serving takes {needs}, the card has {has}")


def _room(gpu: Gpu) -> Range:
    return gpu.free_before_context()

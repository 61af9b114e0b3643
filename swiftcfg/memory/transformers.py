"""The transformers backend: no budget and no profile, so the request itself decides what is taken."""

from collections.abc import Iterable

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.judge import bytes_constraint, unread_images, verdict_of
from swiftcfg.memory.kv import kv_bytes_per_token
from swiftcfg.memory.loaded import dtype_width, loaded
from swiftcfg.memory.plan import Demand, MemoryPlan, Term
from swiftcfg.model import Model, TextTower, VisionTower
from swiftcfg.runtime import Runtime
from swiftcfg.units import MIB, Range, Tokens
from swiftcfg.values import dataclass

#: From here on the towers split their input by picture and pass no mask, and generate asks for the last row of
#: logits only (transformers@5.19.0:models/qwen2_5_vl/modeling_qwen2_5_vl.py; releases between are not read).
_SPLITS_PICTURES = Version("4.54.0")

#: Attention by kernel: how many tensors of heads x patches x patches are alive, in bytes per element. Eager keeps
#: the scores, their float32 softmax and its copy (transformers@5.19.0 eager_attention_forward).
_EAGER_BYTES = (6, 8, 10)

#: The caching allocator keeps what it once had.
_FRAGMENTS = Range(0, 256 * MIB, 1024 * MIB)
_NAMES_OF_FLASH = frozenset({"flash_attn", "flash_attention_2", "flash_attention_3", "flash_attn_2"})


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass of a batch through the model."""

    model: Model
    attention: str
    demand: Demand
    batch: int
    width: int
    recent: bool

    @property
    def largest(self) -> int:
        return max(self.demand.largest_item_tokens.values(), default=0)

    @property
    def seen(self) -> int:
        """Tokens of all pictures in the batch."""
        return max(self.largest, self.demand.visual_tokens) * self.batch


def plan_transformers(
    model: Model, gpu: Gpu, runtime: Runtime, settings: EngineSettings, demand: Demand | None
) -> MemoryPlan:
    """The account of one model copy; without a demand it is that of one long request with the largest image."""
    recent = runtime.transformers is None or Version(runtime.transformers.base_version) >= _SPLITS_PICTURES
    run = _Pass(
        model, settings.attn_impl or "sdpa", demand or _worst(model, settings), settings.max_num_seqs or 1,
        dtype_width(model, settings), recent,
    )  # fmt: skip
    per_token, why = kv_bytes_per_token(model, settings)
    unknowns = tuple(_unknowns(model, settings, None if per_token else why))
    terms = tuple(_terms(gpu, settings, run, per_token or 0, why))
    needs = Range(*(sum(getattr(term.amount, bound) for term in terms[1:]) for bound in ("low", "best", "high")))
    constraints = (
        bytes_constraint("memory", needs, gpu.free_before_context(), "serving takes {needs}, the card has {has}"),
    )
    verdict, reasons = verdict_of(constraints, unknowns)
    return MemoryPlan(
        terms=terms, total=gpu.cuda_total, used=gpu.used, budget=Range.exactly(0), outside_budget=needs,
        room=gpu.free_before_context(), kv_bytes_per_token=per_token, kv_cache_bytes=None, kv_cache_tokens=None,
        profiled_item=None, encoder_cache_tokens=None,
        max_model_len=model.text.max_position_embeddings if model.text else None, max_num_seqs=run.batch,
        max_num_batched_tokens=None, requests_at_once=Range.exactly(run.batch), start_check=None, vision=None,
        constraints=constraints, verdict=verdict, reasons=reasons,
        notes=("The cache grows with each request; there is no pool to size.",),
        unknowns=unknowns, skipped=("budget, profile and cache pool: this backend has none",),
    )  # fmt: skip


def _unknowns(model: Model, settings: EngineSettings, cache: str | None) -> Iterable[str]:
    yield from (*settings.unknowns, *unread_images(model))
    if model.weights is None or model.text is None:
        yield "the bytes of the weights or the size of the language model are not known"
    if cache is not None:
        yield cache


def _worst(model: Model, settings: EngineSettings) -> Demand:
    """A full context with the largest image that the processor makes."""
    tower, limits = model.vision, model.limits
    largest = limits.image_max // tower.factor**2 if tower and limits else 0
    length = model.text.max_position_embeddings if model.text else 1
    request = max(largest, settings.max_model_len or min(length, 32768))
    return Demand(Tokens(request), 1, {"image": largest} if largest else {}, largest)


def _terms(gpu: Gpu, settings: EngineSettings, run: _Pass, per_token: int, why: str) -> Iterable[Term]:
    yield Term("total", gpu.cuda_total, gpu.source, inside_budget=False)
    yield Term("cuda context", gpu.context, gpu.source, inside_budget=False)
    on_card = loaded(run.model, settings, 0)
    if on_card is not None:
        yield Term("weights", on_card.weights, on_card.weights_source, inside_budget=False)
    if run.model.text is not None:
        yield _peak(run, run.model.text)
    tokens = run.demand.request_tokens
    cache = per_token * tokens * run.batch
    yield Term("kv cache", Range.exactly(cache), f"{run.batch} x {tokens} tokens; {why}", inside_budget=False)
    yield Term("growth", _FRAGMENTS, "fragments that the caching allocator keeps", inside_budget=False)


def _peak(run: _Pass, text: TextTower) -> Term:
    """The tower and the prompt's pass follow one another; the larger one counts."""
    tower = run.model.vision
    sees = _tower(run, tower) if tower and run.seen else Range.exactly(0)
    kept = Range.exactly(run.seen * text.hidden_size * run.width)
    source = (
        f"attention {run.attention}: the tower over {run.seen} tokens, then a prompt of {run.demand.request_tokens} "
        "(transformers@5.19.0:models/qwen2_5_vl/modeling_qwen2_5_vl.py)"
    )
    return Term("peak activation", sees.max(kept + _prompt(run, text)), source, inside_budget=False)


def _tower(run: _Pass, tower: VisionTower) -> Range:
    """Linear in patches with flash or memory-efficient kernels, quadratic where scores or a mask are stored."""
    patches, one = (tokens * tower.merge_size**2 for tokens in (run.seen, run.largest))
    pixels = tower.in_channels * tower.temporal_patch_size * tower.patch_size**2
    deepstack = tower.out_hidden_size * tower.deepstack_levels // tower.merge_size**2
    hidden = max(13 * tower.hidden_size, 4 * tower.hidden_size + 3 * tower.intermediate_size)
    linear = patches * (run.width * (hidden + deepstack) + 4 * pixels)
    low, best, high = linear * 8 // 10, linear, linear * 13 // 10
    if run.attention == "eager":
        scores = tower.heads * (one if run.recent else patches) ** 2
        return Range(low + scores * _EAGER_BYTES[0], best + scores * _EAGER_BYTES[1], high + scores * _EAGER_BYTES[2])
    if run.attention not in _NAMES_OF_FLASH and not run.recent:  # a mask of all patches, widened for the kernel
        mask = patches**2
        return Range(low + mask, best + mask * (1 + run.width), high + mask * (1 + 3 * run.width))
    return Range(low, best, high)


def _prompt(run: _Pass, text: TextTower) -> Range:
    """One layer over the whole prompt, and logits of its last row or, in older releases, of every row."""
    inner = text.intermediate_size if text.moe is None else text.moe.intermediate_size * text.moe.experts_per_token
    tokens = run.demand.request_tokens
    layer = tokens * run.batch * run.width * (3 * inner + 6 * text.hidden_size)
    scores = text.attention_heads * tokens**2 * run.batch if run.attention == "eager" else 0
    logits = text.vocab_size * run.batch * (1 if run.recent else tokens)
    return Range(
        max(layer * 7 // 10 + scores * _EAGER_BYTES[0], logits * run.width),
        max(layer + scores * _EAGER_BYTES[1], logits * (run.width + 4)),
        max(layer * 13 // 10 + scores * _EAGER_BYTES[2], logits * (run.width + 8)),
    )

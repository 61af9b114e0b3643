"""Candidates: one way to serve the workload, complete down to its memory plan."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from swiftcfg.backend import route
from swiftcfg.capability import serving_dtype
from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.gpu import Gpu
from swiftcfg.memory import Constraint, Demand, MemoryPlan, encoder_cache, plan_memory, spelled_limit
from swiftcfg.model import Model
from swiftcfg.planner.ladder import Rung
from swiftcfg.planner.variables import limits_of, variables_of
from swiftcfg.planner.wishes import Wishes
from swiftcfg.requests import Request, request_under
from swiftcfg.runtime import Runtime
from swiftcfg.tokens import Limits
from swiftcfg.tokens.releases import VLLM_NO_RESIZE
from swiftcfg.units import Tokens
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

#: Context lengths are rounded up to this, for people; vLLM stores tokens in blocks of 16.
CONTEXT_STEP = 256
#: max_num_batched_tokens where nothing is said (vllm@0.23.0:vllm/config/scheduler.py, DEFAULT_MAX_NUM_BATCHED_TOKENS).
LEAST_BATCH = 2048
#: Never more of a card than this: what vLLM does not count grows with time (vllm-project/vllm#28230).
MOST_UTILIZATION = 0.95
#: What ms-swift tells vLLM unless it is told more, and what vLLM can be told
#: (ms-swift@4.6.0:swift/rlhf_trainers/args_mixin.py:46; vllm@0.8.5:vllm/config.py and 0.32.0:vllm/config/lora.py).
DEFAULT_LORA_RANK = 16
LORA_RANKS = (DEFAULT_LORA_RANK, 32, 64, 128, 256, 320, 512)
#: Any share serves to learn what a plan needs outside its budget.
TRIAL_UTILIZATION = 0.5
#: The least share of a card worth asking for; below it nothing runs.
LEAST_UTILIZATION = 0.05


@dataclass(frozen=True, slots=True)
class Reserve:
    """Bytes of each card that a start has shown to be missing from the account: in the engine's budget, beyond it."""

    inside: int = 0
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that stays the same while candidates are compared.

    Without ``graphs`` CUDA graphs are given up from the start; with them, only where nothing fits. ``reserve`` stays
    free in every candidate.
    """

    model: Model
    gpus: tuple[Gpu, ...]
    runtime: Runtime
    workload: Workload
    wishes: Wishes
    kv_cache_dtype: str = "auto"
    graphs: bool = True
    reserve: Reserve = Reserve()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings, what they cost on the card where it is tightest, and whether everything holds."""

    rung: Rung
    ranks: int
    gpus: tuple[Gpu, ...]
    variables: Mapping[str, str]
    limits: Limits | None
    request: Request
    settings: EngineSettings
    memory: MemoryPlan
    reserve: Reserve = Reserve()

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """The limits of the memory plan, each less what has to stay free of it."""
        if self.reserve == Reserve():
            return self.memory.constraints
        kept = (self._kept_free(item) for item in self.memory.constraints)
        limits = zip(self.memory.constraints, kept, strict=True)
        return tuple(
            replace(item, margin=item.margin - size, likely_margin=item.likely_margin - size) for item, size in limits
        )

    def _kept_free(self, limit: Constraint) -> int:
        if limit.name in _RELAXED_BY_A_SMALLER_BUDGET:
            return self.reserve.outside
        if limit.unit == "bytes":
            return self.reserve.inside
        per_token = self.memory.kv_bytes_per_token if limit.name == "kv cache" else None
        return -(-self.reserve.inside // per_token) if per_token else 0

    @property
    def fits(self) -> bool:
        """Whether the high end of everything holds; an unknown does not."""
        return self.memory.verdict != "unknown" and all(constraint.holds for constraint in self.constraints)

    @property
    def overlong(self) -> bool:
        """Whether the largest request exceeds the longest context that the model was made for."""
        return any(item.name == "context" and not item.holds for item in self.constraints)


def roomiest(gpus: tuple[Gpu, ...], ranks: int) -> tuple[Gpu, ...]:
    """The ``ranks`` cards with the most room, in their own order."""
    order = sorted(range(len(gpus)), key=lambda place: (-gpus[place].free_before_context().low, place))
    return tuple(gpus[place] for place in sorted(order[:ranks]))


def candidate(problem: Problem, rung: Rung, ranks: int, *, eager: bool = False) -> Candidate:
    """Work out one way to serve: variables, request, engine settings and memory."""
    variables = variables_of(problem.model, problem.runtime, problem.workload, rung)
    limits = limits_of(problem.model, problem.runtime, variables) if problem.model.vision and variables else None
    request = request_under(problem.model, problem.workload, limits, any_shape=True)
    gpus = roomiest(problem.gpus, ranks)
    base = EngineSettings(
        backend="vllm",
        tensor_parallel_size=ranks,
        max_model_len=_context(problem.model, request.tokens),
        max_num_seqs=problem.workload.concurrent_requests,
        max_num_batched_tokens=_batch(problem),
        media_limits=_media_limits(problem),
        enforce_eager=eager,
        kv_cache_dtype=problem.kv_cache_dtype,
        torch_dtype=serving_dtype(problem.model, gpus),
        enable_lora=bool(problem.model.adapters),
        max_lora_rank=_lora_rank(problem.model),
        max_loras=max(len(problem.model.adapters), 1),
    )
    settings = _profiled(problem, gpus, base, request, rung)
    demand = request.demand(problem.workload, settings.max_model_len)
    share = utilization(problem, gpus, settings, demand)
    settings = replace(settings, gpu_memory_utilization=share)
    memory = tightest(problem, gpus, settings, demand)
    return Candidate(rung, ranks, gpus, variables, limits, request, settings, memory, problem.reserve)


def _lora_rank(model: Model) -> int:
    """The least rank to tell the engine, which makes room for it; an adapter above all of them is for it to refuse."""
    needed = model.adapter.rank if model.adapter else 0
    return next((rank for rank in LORA_RANKS if rank >= needed), LORA_RANKS[-1])


def tightest(problem: Problem, gpus: tuple[Gpu, ...], settings: EngineSettings, demand: Demand) -> MemoryPlan:
    """The memory plan of the card that has the least to spare; equal cards are looked at once."""
    plans = [plan_memory(problem.model, gpu, problem.runtime, settings, demand) for gpu in _distinct(gpus)]
    return min(
        plans, key=lambda plan: min((item.margin for item in plan.constraints if item.unit == "bytes"), default=0)
    )


#: Limits that a smaller budget relaxes, byte for byte.
_RELAXED_BY_A_SMALLER_BUDGET = frozenset({"start check", "outside the budget", "vision at run time"})


def utilization(problem: Problem, gpus: tuple[Gpu, ...], settings: EngineSettings, demand: Demand) -> float:
    """The largest share, in hundredths, that leaves room on every card for what lives outside the budget."""
    trial = replace(settings, gpu_memory_utilization=TRIAL_UTILIZATION)
    shares = []
    for gpu in _distinct(gpus):
        plan = plan_memory(problem.model, gpu, problem.runtime, trial, demand)
        spare = min(item.margin for item in plan.constraints if item.name in _RELAXED_BY_A_SMALLER_BUDGET)
        shares.append(TRIAL_UTILIZATION + (spare - problem.reserve.outside) / gpu.cuda_total.low)
    hundredths = math.floor(min(shares) * 100 + 1e-9)
    return max(LEAST_UTILIZATION, min(MOST_UTILIZATION, hundredths / 100))


def _distinct(gpus: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """One card of each make and load."""
    return tuple({(gpu.name, gpu.nvml_total, gpu.used): gpu for gpu in gpus}.values())


def _context(model: Model, tokens: int) -> Tokens:
    """max_model_len: the request rounded up, within what the model was made for."""
    rounded = -(-tokens // CONTEXT_STEP) * CONTEXT_STEP
    longest = model.text.max_position_embeddings if model.text else rounded
    return Tokens(min(rounded, longest))


def _batch(problem: Problem) -> Tokens | None:
    """Tokens of a step, where there are more requests than the fewest that any vLLM takes by itself."""
    count = problem.workload.concurrent_requests
    if count <= LEAST_BATCH or route("vllm", "max_num_batched_tokens", problem.runtime.ms_swift) is None:
        return None
    return Tokens(-(-count // CONTEXT_STEP) * CONTEXT_STEP)


def _media_limits(problem: Problem) -> dict[str, MediaLimit]:
    """A limit for each kind; 0 keeps the engine from reserving memory for what is not served."""
    if problem.model.vision is None:
        return {}
    workload = problem.workload
    return {"image": MediaLimit(workload.images_per_request), "video": MediaLimit(workload.videos_per_request)}


def _profiled(
    problem: Problem, gpus: tuple[Gpu, ...], base: EngineSettings, request: Request, rung: Rung
) -> EngineSettings:
    """Settings whose start-up profile is just large enough for the largest item.

    Too small, and the engine refuses the item or runs out of memory on it; too large, and it keeps memory from
    the KV cache.
    """
    vision, limits = problem.model.vision, problem.model.limits
    demand = request.demand(problem.workload, base.max_model_len)
    largest = max(demand.largest_item_tokens.values(), default=0)
    if vision is None or limits is None or not largest:
        return base
    if route("vllm", "mm_processor_kwargs", problem.runtime.ms_swift) is None:
        return _lengthened(problem, gpus, base, request)
    image, area = demand.largest_item_tokens.get("image", 0), vision.factor**2
    unchanged = _cache(problem, gpus, base)
    tried: list[EngineSettings] = []
    for tokens in _profile_sizes(problem, rung, base, demand):
        drawn = spelled_limit(problem.model, gpus[0], problem.runtime, tokens * area)
        if not _leaves_videos_alone(problem, drawn):
            break
        tried.append(replace(base, processor_kwargs=drawn))
        cache = _cache(problem, gpus, tried[-1])
        if cache >= largest:
            return base if cache == unchanged else tried[-1]
    if unchanged >= largest:
        return base
    narrow = tried[0] if tried and image else base
    wide = -(-largest // CONTEXT_STEP) * CONTEXT_STEP
    return replace(narrow, max_num_batched_tokens=Tokens(max(wide, narrow.max_num_batched_tokens or 0)))


def _lengthened(problem: Problem, gpus: tuple[Gpu, ...], base: EngineSettings, request: Request) -> EngineSettings:
    """The shortest context in which the engine draws a video as large as the largest item.

    Before ms-swift 3.10 nothing else reaches the profile, and its videos have as many frames as the context holds.
    """
    text, limits, vision = problem.model.text, problem.model.limits, problem.model.vision
    if text is None or limits is None or vision is None or base.max_model_len is None:
        return base
    image = limits.image_max // vision.factor**2
    longer = (count * image for count in range(1, text.max_position_embeddings // image + 1))
    for length in (base.max_model_len, *(length for length in longer if length > base.max_model_len)):
        settings = replace(base, max_model_len=Tokens(length))
        largest = max(request.demand(problem.workload, length).largest_item_tokens.values(), default=0)
        if _cache(problem, gpus, settings) >= largest:
            return settings
    return base


def _profile_sizes(problem: Problem, rung: Rung, base: EngineSettings, demand: Demand) -> list[int]:
    """Sizes of picture worth trying, in tokens, smallest first, none below the largest image.

    A video is drawn in up to eight pairs of frames as large as the largest image, as many as the context holds
    (Qwen2-VL, Qwen2.5-VL), or as one pair of half its size (Qwen3-VL). Releases that draw squares need a size that
    one fills. Sizes above the checkpoint's own serve long videos; no image becomes larger by them.
    """
    image, largest = demand.largest_item_tokens.get("image", 0), max(demand.largest_item_tokens.values())
    least = max(1, image, rung.frame_tokens if _resizes_again(problem) else 0)
    pairs = range(8, 0, -1)
    needed = [least, *(-(-largest // count) for count in pairs), 2 * largest]
    needed += [(base.max_model_len or 0) // count for count in pairs]
    squares = [math.ceil(math.sqrt(tokens)) ** 2 for tokens in needed]
    most = _most_drawn(problem) * (1 if image else 2)
    return [tokens for tokens in sorted({*needed, *squares}) if least <= tokens <= max(least, most)]


def _most_drawn(problem: Problem) -> int:
    """Tokens of the largest picture to draw at the start: twice the checkpoint's own.

    Attention within one picture is quadratic, so that one four times as large would keep the start for minutes.
    """
    limits, vision = problem.model.limits, problem.model.vision
    return 2 * limits.image_max // vision.factor**2 if limits and vision else 0


def _resizes_again(problem: Problem) -> bool:
    """Whether the processor inside vLLM still resizes what ms-swift has resized, so that its limits are real ones."""
    return problem.runtime.ms_swift < VLLM_NO_RESIZE


def _leaves_videos_alone(problem: Problem, kwargs: Mapping[str, Any]) -> bool:
    """Whether these limits do not shrink the videos served: Qwen3-VL's processor reads size as that of all frames."""
    vision = problem.model.vision
    shared = "size" in kwargs and vision is not None and vision.kind == "qwen3_vl"
    return not (shared and problem.workload.videos_per_request and _resizes_again(problem))


def _cache(problem: Problem, gpus: tuple[Gpu, ...], settings: EngineSettings) -> int:
    """Tokens of the largest item that the engine would take; no limit at all where it has no such cache."""
    cache = encoder_cache(problem.model, gpus[0], problem.runtime, settings)
    return 2**62 if cache is None else cache


def engine_keywords(settings: EngineSettings) -> dict[str, Any]:
    """What has no flag of its own and goes into --vllm_engine_kwargs."""
    keywords: dict[str, Any] = {}
    if settings.processor_kwargs:
        keywords["mm_processor_kwargs"] = dict(settings.processor_kwargs)
    if settings.max_num_batched_tokens:
        keywords["max_num_batched_tokens"] = settings.max_num_batched_tokens
    if settings.kv_cache_dtype != "auto":
        keywords["kv_cache_dtype"] = settings.kv_cache_dtype
    return keywords

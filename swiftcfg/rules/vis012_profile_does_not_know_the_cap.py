"""Cap that vLLM's start-up profile does not know.

MAX_PIXELS limits what ms-swift sends; vLLM does not read it. At its start vLLM draws the largest image that the
checkpoint allows, 16,384 tokens, and keeps memory for it that the KV cache never gets. With
``--vllm_engine_kwargs '{"mm_processor_kwargs": {"max_pixels": …}}'`` it draws one of the cap.

Checked with: --gpu L4

Bad:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192 --vllm_limit_mm_per_prompt '{"image": 2, "video": 0}'

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192 --vllm_limit_mm_per_prompt '{"image": 2, "video": 0}' \
      --vllm_engine_kwargs '{"mm_processor_kwargs": {"max_pixels": 1003520}}'
"""

from collections.abc import Iterator
from dataclasses import replace

from swiftcfg.deployment import Deployment
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory import MemoryPlan, drawn_items, encoder_cache, spelled_limit
from swiftcfg.model import Model
from swiftcfg.requests import frames_at_cap
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.asked import request_of
from swiftcfg.rules.caps import cap_of
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import cache_won, card_of, replanned, tokens_won, weight_of
from swiftcfg.rules.served import video_severity
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.units import MIB, gib
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.32.0:vllm/model_executor/models/qwen2_vl.py:875-976, get_image_size_with_most_features",
    "https://github.com/vllm-project/vllm/issues/20123",
    "https://github.com/vllm-project/vllm/issues/16570",
)

#: What is worth a word, in memory or, where no card is known, in tokens.
_WORTH, _TIMES = 256 * MIB, 2
#: A share of the cache that is a loss and not only a gain to be had.
_MUCH = 0.25


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, runtime: Runtime, limits: Limits,
    gpus: tuple[Gpu, ...] | None = None, deployment: Deployment | None = None, memory: MemoryPlan | None = None,
    workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    if settings.backend != "vllm" or settings.skip_mm_profiling:
        return
    knobs, card, cap = Knobs(script, catalog, settings.backend), card_of(gpus), cap_of(script, catalog, limits)
    drawn = next((item for item in drawn_items(model, card, runtime, settings) if item.modality == "image"), None)
    kwargs = spelled_limit(model, card, runtime, limits.constants.image_max)
    changes = knobs.change("mm_processor_kwargs", {**settings.processor_kwargs, **kwargs})
    if drawn is None or not changes or not kwargs or drawn.tokens < _TIMES * limits.image_max_tokens:
        return
    if "size" in kwargs and limits.second and limits.tower.kind == "qwen3_vl" and video_severity(settings, workload):
        return  # before ms-swift 4.0.3 the videos would be resized to it, all frames together
    narrow = replace(settings, processor_kwargs={**settings.processor_kwargs, **kwargs})
    cache = encoder_cache(model, card, runtime, narrow)
    if cache is None or _largest(settings, model, limits, workload) > cache:
        return
    cost, severity = "", None
    if deployment and memory:
        changed = replanned(deployment, workload, processor_kwargs=narrow.processor_kwargs)
        won = cache_won(memory, changed)
        if won < _WORTH:
            return
        cost = f"; drawing one of the cap would give the KV cache {gib(won)} more, {tokens_won(memory, changed)}"
        severity = weight_of(won, _MUCH, memory)
    yield Finding(
        f"vLLM does not read {cap.name}: at its start it draws an image of {drawn.tokens} tokens, though none has "
        f"more than {limits.image_max_tokens}{cost}",
        cap.setting.place if cap.setting else script.place,
        cap.name,
        Fix("tell vLLM's profile of the cap", changes, safe=False),
        severity,
    )


def _largest(settings: EngineSettings, model: Model, limits: Limits, workload: Workload | None) -> int:
    """Tokens of the largest item that must still be served; videos count where the command lets them in."""
    request = request_of(model, workload, limits) if workload else None
    if request:
        return max([*request.largest_items.values(), limits.image_max_tokens])
    video = settings.media_limits.get("video")
    if (video and not video.count) or limits.no_video or limits.constants.fps_max_frames < 1:
        return limits.image_max_tokens
    return max(limits.image_max_tokens, frames_at_cap(limits, limits.constants.fps_max_frames))

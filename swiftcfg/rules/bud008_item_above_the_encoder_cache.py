"""Image or video larger than the encoder cache.

vLLM keeps what its vision tower makes of an item in a cache as large as one step (max_num_batched_tokens) or the
largest item of its start-up profile, whichever is more. A larger item is refused: ``… which exceeds the pre-allocated
encoder cache size``. mm_processor_kwargs below MAX_PIXELS, or a long video in a short context, lead there.

Checked with: --profile gui-grounding-1080p

Bad:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 17408 --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}' \
      --vllm_engine_kwargs '{"mm_processor_kwargs": {"max_pixels": 1003520}}'

Good:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 17408 --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}' \
      --vllm_engine_kwargs '{"mm_processor_kwargs": {"max_pixels": 2116800}}'
"""

from collections.abc import Iterator
from dataclasses import replace

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory import encoder_cache, spelled_limit
from swiftcfg.memory.versions import behaviour_of
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.asked import context_of, request_of
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import card_of
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "https://github.com/vllm-project/vllm/issues/34040",
    "vllm@0.23.0:vllm/v1/core/encoder_cache_manager.py",
)


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, runtime: Runtime,
    limits: Limits, gpus: tuple[Gpu, ...] | None = None, workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    card = card_of(gpus)
    cache, context = encoder_cache(model, card, runtime, settings), context_of(settings, model)
    if settings.backend != "vllm" or not cache or context is None or _first_engine(runtime, card, settings):
        return
    items = _items(settings, model, limits, workload)
    kind, tokens = max(items.items(), key=lambda item: item[1], default=("", 0))
    if not cache < tokens < context:
        return
    knobs = Knobs(script, catalog, settings.backend)
    knob = "mm_processor_kwargs" if settings.processor_kwargs else "max_num_batched_tokens"
    changes: tuple[SetFlag, ...] = knobs.change("max_num_batched_tokens", -(-tokens // 256) * 256)
    if kind == "image" and settings.processor_kwargs:
        kwargs = {**settings.processor_kwargs, **spelled_limit(model, card, runtime, limits.constants.image_max)}
        grown = encoder_cache(model, card, runtime, replace(settings, processor_kwargs=kwargs))
        if grown and grown >= tokens:  # what vLLM draws is nearly square, so that it may stay a little below the cap
            changes = knobs.change("mm_processor_kwargs", kwargs)
    whose = f"of {workload.name}" if workload else "that the caps allow"
    yield Finding(
        f"the largest {kind} {whose} has {tokens} tokens, and vLLM's encoder cache holds {cache}: it is refused",
        knobs.place(knob),
        knobs.subject(knob),
        Fix("make room for it", changes, safe=False) if changes else None,
        None if workload else "warning",
    )


def _first_engine(runtime: Runtime, card: Gpu, settings: EngineSettings) -> bool:
    """Only the second engine of vLLM has such a cache."""
    version = Version(runtime.vllm.base_version) if runtime.vllm else Version("0")
    return behaviour_of(version, card.compute_capability, settings.use_v1).engine == "V0"


def _items(settings: EngineSettings, model: Model, limits: Limits, workload: Workload | None) -> dict[str, int]:
    """Tokens of the largest item of each kind; without a workload only images are certain to reach their cap."""
    if workload:
        request = request_of(model, workload, limits)
        return dict(request.largest_items) if request else {}
    image = settings.media_limits.get("image")
    return {} if image and not image.count else {"image": limits.image_max_tokens}

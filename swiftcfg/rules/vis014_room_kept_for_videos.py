"""Room kept for videos that nobody sends.

Unless the limit of videos is 0, vLLM draws its largest video at the start: with Qwen2-VL and Qwen2.5-VL frames of the
largest image size, as many as the context holds, up to 114,688 tokens. That is memory which the KV cache never gets.

Checked with: --gpu A100-80GB

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}'
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory import MemoryPlan, drawn_items
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import cache_won, card_of, replanned, tokens_won, weight_of
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.units import MIB, gib
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.32.0:vllm/multimodal/encoder_budget.py, get_modality_with_max_tokens",
    "https://github.com/vllm-project/vllm/issues/20123",
    "https://github.com/vllm-project/vllm/pull/12604",
)

_WORTH = 256 * MIB
#: A share of the cache that is a loss and not only a gain to be had.
_MUCH = 0.1


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, runtime: Runtime,
    gpus: tuple[Gpu, ...] | None = None, deployment: Deployment | None = None, memory: MemoryPlan | None = None,
    workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    limit = settings.media_limits.get("video")
    if settings.backend != "vllm" or (workload and workload.videos_per_request) or (limit and workload is None):
        return
    drawn = {item.modality: item.tokens for item in drawn_items(model, card_of(gpus), runtime, settings)}
    if drawn.get("video", 0) <= drawn.get("image", 0) and not (workload and drawn.get("video")):
        return
    cost, severity = "", None
    if deployment and memory:
        limits = {**settings.media_limits, "video": MediaLimit(0)}
        changed = replanned(deployment, workload, media_limits=limits)
        won = cache_won(memory, changed)
        if won < _WORTH:
            return
        cost = f". Without it the KV cache has {gib(won)} more, {tokens_won(memory, changed)}"
        severity = weight_of(won, _MUCH, memory) if workload else None
    knobs = Knobs(script, catalog, settings.backend)
    subject = knobs.subject("limit_mm_per_prompt")
    sent = f"and {workload.name} sends none" if workload else 'unless {"video": 0} says that none are sent'
    changes = knobs.change("limit_mm_per_prompt", {"video": 0})
    yield Finding(
        f"vLLM keeps room for a video of {drawn['video']} tokens {sent}{cost}",
        knobs.place("limit_mm_per_prompt"),
        subject,
        Fix("let no videos in", changes, safe=workload is not None) if changes else None,
        severity,
    )

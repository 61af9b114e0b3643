"""Limit of images or videos below what requests carry.

A request with more is answered with status 400, ``At most 2 image(s) may be provided in one prompt``. Where nothing is
set, vLLM's first engine (before 0.8, or VLLM_USE_V1=0) allows one of each kind, its second one 999.

Checked with: --profile gui-grounding-1080p

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt '{"image": 2}'

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt '{"image": 5}'
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory.versions import behaviour_of
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import card_of
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.8.5:vllm/config.py:2805-2808",
    "https://github.com/modelscope/ms-swift/issues/2922",
    "https://github.com/vllm-project/vllm/issues/13513",
)


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, runtime: Runtime, workload: Workload,
    gpus: tuple[Gpu, ...] | None = None,
) -> Iterator[Finding]:  # fmt: skip
    if settings.backend != "vllm" or runtime.vllm is None:
        return
    knobs = Knobs(script, catalog, settings.backend)
    capability = card_of(gpus).compute_capability
    default = behaviour_of(Version(runtime.vllm.base_version), capability, settings.use_v1).default_media_limit
    for kind, sent in (("image", workload.images_per_request), ("video", workload.videos_per_request)):
        limit = settings.media_limits.get(kind)
        allowed = limit.count if limit else default
        if sent <= allowed:
            continue
        shown = f"the limit of {kind}s is {allowed}" if limit else f"no limit of {kind}s is set, so it is {allowed}"
        changes = knobs.change("limit_mm_per_prompt", {kind: sent})
        yield Finding(
            f"{shown}, and requests of {workload.name} carry {sent}: they are refused with status 400",
            knobs.place("limit_mm_per_prompt"),
            knobs.subject("limit_mm_per_prompt"),
            Fix(f"let {sent} in", changes) if changes else None,
        )

"""Images that nothing limits.

Without MAX_PIXELS an image may have 16,384 tokens, 12.8 megapixels with tokens of 28x28. A photo of a phone then takes
a context of its own, and gigabytes in the vision tower; with the transformers backend it is the usual way to run out of
memory.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.asked import context_of
from swiftcfg.rules.caps import cap_of
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.tokens.library import IN_TOKENS
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "likely"
SOURCES = (
    "qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, IMAGE_MAX_TOKEN_NUM",
    "https://github.com/QwenLM/Qwen3-VL/issues/272",
    "https://github.com/modelscope/ms-swift/issues/2536",
)


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, limits: Limits,
    workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    cap = cap_of(script, catalog, limits)
    most = limits.image_max_tokens
    allowed = settings.media_limits.get("image")
    if workload or cap.setting or limits.flag_pixels or most < IN_TOKENS["IMAGE_MAX_TOKEN_NUM"]:
        return
    context = context_of(settings, model)
    if (allowed and not allowed.count) or (context and most >= context and settings.backend == "vllm"):
        return
    holds = f"; the context of {context} holds {context // most} of them" if context else ""
    yield Finding(
        f"nothing limits images: one of {limits.constants.image_max} pixels or more is {most} tokens{holds}. "
        f"{cap.name} sets a limit",
        script.place,
        cap.name,
    )

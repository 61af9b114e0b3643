"""Start-up profile smaller than the largest image.

mm_processor_kwargs, a width and height in the limit of images, or skip_mm_profiling make vLLM's first run smaller.
ms-swift goes on sending images up to MAX_PIXELS. Memory for the difference is not kept: the server starts, and the
first large image may end it. Before ms-swift 4.0.3 mm_processor_kwargs shrink the images themselves.

Bad:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_engine_kwargs '{"mm_processor_kwargs": {"max_pixels": 1003520}}'

Good:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_engine_kwargs '{"mm_processor_kwargs": {"max_pixels": 2116800}}'
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory import drawn_items, spelled_limit
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.caps import Cap, cap_of
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import card_of
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.tokens.releases import VLLM_NO_RESIZE

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/vllm-project/vllm/issues/34040",
    "https://github.com/vllm-project/vllm/issues/16570",
    "vllm@0.32.0:vllm/multimodal/encoder_budget.py",
)

#: Some releases draw a square, which fills its limit less than a picture of another shape can.
_NEAR = 0.9


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, runtime: Runtime, limits: Limits,
    gpus: tuple[Gpu, ...] | None = None,
) -> Iterator[Finding]:  # fmt: skip
    if settings.backend != "vllm":
        return
    knobs, card, cap = Knobs(script, catalog, settings.backend), card_of(gpus), cap_of(script, catalog, limits)
    item = next((one for one in drawn_items(model, card, runtime, settings) if one.modality == "image"), None)
    if item is None:
        return
    place, subject = knobs.place("mm_processor_kwargs"), knobs.subject("mm_processor_kwargs")
    if settings.skip_mm_profiling:
        message = f"skip_mm_profiling keeps no memory for images, and one may have {limits.image_max_tokens} tokens"
        yield Finding(message, place, subject)
    elif item.dummy_tokens < _NEAR * limits.image_max_tokens:
        fix = Fix("draw an image of the cap", knobs.change("mm_processor_kwargs", {
            **settings.processor_kwargs, **spelled_limit(model, card, runtime, limits.constants.image_max),
        }), safe=False)  # fmt: skip
        by_limit = item.dummy_tokens < item.tokens
        if by_limit:
            place, subject = knobs.place("limit_mm_per_prompt"), knobs.subject("limit_mm_per_prompt")
        message = _message(cap, runtime, item.tokens, item.dummy_tokens)
        yield Finding(message, place, subject, None if by_limit or not fix.changes else fix)


def _message(cap: Cap, runtime: Runtime, counted: int, drawn: int) -> str:
    most = cap.limits.image_max_tokens
    if runtime.ms_swift < VLLM_NO_RESIZE and counted < most:
        return (
            f"mm_processor_kwargs allow {counted} tokens, less than {cap.shown}: before ms-swift {VLLM_NO_RESIZE} vLLM "
            "resizes images again, down to that"
        )
    return (
        f"vLLM's first run draws an image of {drawn} tokens, and {cap.shown} lets in larger ones: memory for up to "
        f"{most - drawn} tokens is not kept"
    )

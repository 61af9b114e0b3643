"""Image that is longer than the context.

Where the cap on images allows more tokens than the context holds, a large image is not shrunk to what would fit: the
request is answered with status 400. Without MAX_PIXELS that is every image above some six megapixels at a context of
8,192, so every photo of a phone.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192

Good:

    MAX_PIXELS=4014080 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.media import Size
from swiftcfg.model import Model
from swiftcfg.requests import template_tokens
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.asked import answer_tokens, context_of
from swiftcfg.rules.caps import Cap, cap_of, name_of
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.tokens.prompt import MARKERS
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.23.0:vllm/v1/engine/input_processor.py, _validate_model_input",
    "https://github.com/QwenLM/Qwen3-VL/issues/946",
)

#: Room for a short answer and some text beside the image, where the command states no length of answers.
_BESIDE = 1024


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, limits: Limits,
    sizes: tuple[Size, ...], workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    context, cap = context_of(settings, model), cap_of(script, catalog, limits)
    image = settings.media_limits.get("image")
    if workload or context is None or settings.backend != "vllm" or (image and not image.count) or limits.flag_pixels:
        return
    room = context - template_tokens(model) - MARKERS
    if limits.image_max_tokens <= room:
        return
    refused = [size for size in sizes if (seen := cap.sized(size)) and seen.tokens > room]
    fits = room - min(answer_tokens(script, catalog) or _BESIDE, room // 2)
    changes = cap.change(fits) if fits >= 1 else ()
    yield Finding(
        f"{cap.shown} lets in images that the context of {context} does not hold: {_which(cap, refused, room)} is "
        f"refused with status 400; {cap.name}={cap.written(fits)} would shrink it instead",
        cap.setting.place if cap.setting else script.place,
        cap.name,
        Fix(f"write {cap.name}={cap.written(fits)}", changes, safe=False) if changes else None,
        "error" if refused and refused[0] == sizes[0] else None,
    )


def _which(cap: Cap, refused: list[Size], room: int) -> str:
    text = f"one of more than {room} tokens (about {room * cap.area / 1e6:.1f} megapixels)"
    return text + (f", such as {' or '.join(map(name_of, refused[:2]))}," if refused else "")

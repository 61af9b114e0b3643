"""Images in tiles that the context does not hold.

Models that cut images into tiles count them by the tile, whatever the pixels divided by 28 x 28 say: a large image
is up to 13 tiles of 256 tokens to InternVL, 3,328 tokens, and up to 2,928 tokens to LLaVA 1.6, whose Vicuna has a
context of 4,096. The limit of images times that is what one request may need.

Bad:

    swift deploy --model OpenGVLab/InternVL3-8B --infer_backend vllm --vllm_max_model_len 8192 \
      --vllm_limit_mm_per_prompt '{"image": 3}'

Good:

    swift deploy --model OpenGVLab/InternVL3-8B --infer_backend vllm --vllm_max_model_len 12288 \
      --vllm_limit_mm_per_prompt '{"image": 3}'
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.tiles import tiles_of
from swiftcfg.script import Script
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.23.0:vllm/model_executor/models/internvl.py, max_dynamic_patch and use_thumbnail",
    "https://github.com/modelscope/ms-swift/issues/6106",
    "https://github.com/vllm-project/vllm/issues/12165",
)


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model | None = None,
    workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    row = tiles_of(script, catalog)
    if (model is not None and model.vision is not None) or row is None or settings.backend != "vllm":
        return
    stated = settings.media_limits.get("image")
    images = workload.images_per_request if workload else stated.count if stated else 1
    context = settings.max_model_len or row.context
    if context is None or images * row.image_tokens <= context or images < 1:
        return
    knobs = Knobs(script, catalog, settings.backend)
    count = f"{images} images" if images > 1 else "an image"
    yield Finding(
        f"{count} of up to {row.image_tokens} tokens{' each' if images > 1 else ''}"
        f" may need {images * row.image_tokens}, and the context is {context}: "
        f"such a request is refused with status 400{row.remedy}",
        knobs.place("max_model_len"),
        knobs.subject("max_model_len"),
    )

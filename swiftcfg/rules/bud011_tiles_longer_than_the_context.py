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

import re
from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.releases import model_words
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.23.0:vllm/model_executor/models/internvl.py, max_dynamic_patch and use_thumbnail",
    "https://github.com/modelscope/ms-swift/issues/6106",
    "https://github.com/vllm-project/vllm/issues/12165",
)


@dataclass(frozen=True, slots=True)
class _Tiled:
    """Tokens that the largest image becomes; ``context`` where the language model has little."""

    names: str
    image_tokens: int
    context: int | None = None
    remedy: str = ""


#: 12 tiles and the thumbnail; four tiles of 24 x 24 patches, the whole image, and 48 ends of rows.
_MODELS = (
    _Tiled(
        r"internvl-?_?(chat|[23])", 13 * 256,
        remedy='; --vllm_engine_kwargs \'{"mm_processor_kwargs": {"max_dynamic_patch": 6}}\' makes it 1792 an image',
    ),
    _Tiled(r"llava-?_?v?1[._]6.*vicuna", 2928, 4096),
    _Tiled(r"llava-?_?v?1[._]6", 2928),
)  # fmt: skip


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model | None = None,
    workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    words = model_words(in_force(script, catalog))
    row = next((row for word in words for row in _MODELS if re.search(row.names, word)), None)
    if model is not None or row is None or settings.backend != "vllm":
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

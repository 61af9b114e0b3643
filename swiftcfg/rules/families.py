"""Families of vision models by name, and the variables that ms-swift reads for each.

Read from swift/template/templates/*.py of ms-swift 4.6.0. With vLLM, SGLang and LMDeploy the template's own
``_encode`` does not run (swift/template/base.py:1559-1571), so that fewer variables count there.
"""

import re
from collections.abc import Mapping

from swiftcfg.model import Model
from swiftcfg.rules.written import Written
from swiftcfg.tokens import KNOWN_VARIABLES
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """``names`` matches the last part of a hub id or folder, or the model type, in lower case.

    ``engine_reads`` are the variables that count with an engine other than transformers; ``instead`` is what sets
    image sizes there.
    """

    name: str
    names: str
    reads: frozenset[str]
    engine_reads: frozenset[str]
    instead: str = "--max_pixels, which shrinks every image before the model sees it"


def _family(name: str, names: str, reads: str = "", engine_reads: str = "", instead: str | None = None) -> Family:
    parts = (name, names, frozenset(reads.split()), frozenset(engine_reads.split()))
    return Family(*parts, instead) if instead else Family(*parts)


_PROCESSOR = '--vllm_engine_kwargs \'{"mm_processor_kwargs": {"%s": …}}\''
QWEN = Family(
    "Qwen-VL",
    r"qwen(2|2[._]5|3)[-_](vl|omni|gme)|qwen3[._]5|qwen3[._][68]|qvq|ui-tars|mimo[-_]vl|olmocr|mineru2\.5|gme-",
    frozenset(KNOWN_VARIABLES),
    frozenset(KNOWN_VARIABLES),
)
FAMILIES = (
    QWEN,
    _family("Keye-VL", r"keye", " ".join(KNOWN_VARIABLES), " ".join(KNOWN_VARIABLES)),
    _family("InternVL (HF)", r"internvl.*-hf$|^internvl(_hf)?$", "VLLM_NUM_FRAMES", "VLLM_NUM_FRAMES"),
    _family(
        "InternVL", r"internvl|mono-internvl", "INPUT_SIZE MAX_NUM VIDEO_MAX_NUM VIDEO_SEGMENTS", "VIDEO_SEGMENTS",
        _PROCESSOR % "max_dynamic_patch",
    ),
    _family(
        "MiniCPM-V", r"minicpm-?_?(v|o)",
        "MAX_SLICE_NUMS VIDEO_MAX_SLICE_NUMS MAX_NUM_FRAMES DOWNSAMPLE_MODE STACK_FRAMES",
        "MAX_NUM_FRAMES DOWNSAMPLE_MODE", _PROCESSOR % "max_slice_nums",
    ),
    _family("Ovis2.5", r"ovis2[._]5", "MIN_PIXELS MAX_PIXELS VIDEO_MAX_PIXELS NUM_FRAMES"),
    _family("Ovis2", r"ovis", "NFRAMES"),
    _family("GLM-V", r"glm-?4(\.\d+|_5)?v|glm-?edge-v|cogvlm"),
    _family("Gemma 3", r"gemma-?[34]", "VLLM_NUM_FRAMES", "VLLM_NUM_FRAMES"),
    _family("LLaVA", r"llava(?!.?onevision.?1)", "VLLM_NUM_FRAMES", "VLLM_NUM_FRAMES"),
    _family("Kimi-VL", r"kimi-?_?vl", "VLLM_NUM_FRAMES", "VLLM_NUM_FRAMES"),
    _family("Llama 3.2 Vision or 4", r"llama-?(3\.2.*vision|4)", "VLLM_NUM_FRAMES", "VLLM_NUM_FRAMES"),
    _family("Mistral 3 or Pixtral", r"mistral-small-3|pixtral|mistral3", "VLLM_NUM_FRAMES", "VLLM_NUM_FRAMES"),
    _family("DeepSeek-OCR", r"deepseek-?_?ocr", "CROP_MODE BASE_SIZE IMAGE_SIZE"),
    _family("Phi-3-vision", r"phi-?_?3.*vision", "NUM_CROPS"),
)  # fmt: skip

#: Variables that size images or frames in some family.
SIZES = frozenset().union(*(family.reads for family in FAMILIES)) - {"VLLM_NUM_FRAMES"}


def family_of(given: Mapping[str, Written], model: Model | None) -> Family | None:
    """The family, by ``--model_type``, by what the model is known to be, or by its name; None where none fits."""
    words = [given[name].word for name in ("model_type", "model", "model_id_or_path") if name in given]
    known = [model.model_type] if model and model.model_type else []
    for word in (*words[: "model_type" in given], *known, *words):
        name = (word or "").rstrip("/").rpartition("/")[2].lower()
        found = next((family for family in FAMILIES if name and re.search(family.names, name)), None)
        if found:
            return found
    return None

"""Model that is too large by its name.

Where nothing is known of a model but its name, ``-78B`` still says how many weights there are: two bytes each, unless
the name tells of quantisation. A server whose weights take 85 % of what it may have has no cache worth the name.

Checked with: --gpu 4xA100-40GB

Bad:

    swift deploy --model OpenGVLab/InternVL3-78B --infer_backend vllm --vllm_tensor_parallel_size 4

Good:

    swift deploy --model OpenGVLab/InternVL3-38B --infer_backend vllm --vllm_tensor_parallel_size 4
"""

import re
from collections.abc import Iterator

from swiftcfg.config import DeployConfig
from swiftcfg.deployment import named_model
from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.defaults import SWIFT_UTILIZATION
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.places import flag_place
from swiftcfg.script import Script
from swiftcfg.units import gib

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/vllm-project/vllm/issues/16749",
    "https://github.com/QwenLM/Qwen3/issues/12",
    "https://github.com/InternLM/lmdeploy/issues/2266",
)

_SIZE = re.compile(r"(?<![a-z\d.])(\d{1,4}(?:\.\d{1,2})?)b(?![a-z\d])", re.IGNORECASE)
#: Bytes of a weight by a word of the name; scales and layers left alone are in the numbers.
_WIDTHS = (
    (re.compile(r"awq|gptq.?int4|int4|4.?bit|bnb|nf4|w4a16|gguf", re.IGNORECASE), 0.7),
    (re.compile(r"fp8|int8|8.?bit|w8a8|gptq", re.IGNORECASE), 1.15),
)
_PLAIN = 2.0
#: More than this share leaves too little for the first run and the cache.
_MOST = 0.85


def check(
    script: Script, config: DeployConfig, settings: EngineSettings, gpus: tuple[Gpu, ...], model: Model | None = None
) -> Iterator[Finding]:
    name = named_model(config) or ""
    size = _SIZE.search(name.rpartition("/")[2])
    if (model and model.weights) or size is None or settings.quantization:
        return
    width = next((bytes_each for words, bytes_each in _WIDTHS if words.search(name)), _PLAIN)
    ranks = settings.tensor_parallel_size * settings.pipeline_parallel_size
    cards = len(gpus) if settings.backend == "transformers" else ranks
    billions = float(size.group(1))
    weights = billions * 1e9 * width / cards
    share = settings.gpu_memory_utilization or SWIFT_UTILIZATION if settings.backend == "vllm" else 1.0
    room = min(gpu.cuda_total.best for gpu in gpus) * share
    if weights <= _MOST * room:
        return
    of = f"{gib(room)} that the engine may take" if share < 1 else f"{gib(room)} of the card"
    split = f" on each of {cards} cards" if cards > 1 else ""
    yield Finding(
        f"by its name {name} has {billions:g} billion weights, about {gib(weights)}{split}, of the {of}",
        flag_place(script, "model") or script.place,
        "--model",
        severity="error" if weights > room else None,
    )

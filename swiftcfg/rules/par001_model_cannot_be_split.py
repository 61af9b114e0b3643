"""Model that cannot be split so.

Tensor parallelism gives each card whole attention heads, key/value heads, quantisation groups, and an equal part
of the vocabulary and of both MLPs, the vision tower's included. Where that does not come out even, vLLM ends with
an assertion while it builds the model.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_tensor_parallel_size 3

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_tensor_parallel_size 2
"""

from collections.abc import Iterator
from dataclasses import replace

from swiftcfg.backend import flag_name
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.parallelism import obstacles, splits
from swiftcfg.rule import Finding
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.23.0:vllm/config/model.py, verify_with_parallel_config",
    "vllm@0.32.0:vllm/model_executor/layers/vocab_parallel_embedding.py",
)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model) -> Iterator[Finding]:
    ranks = settings.tensor_parallel_size
    if ranks == 1 or settings.backend == "transformers":
        return
    copied = settings.mm_encoder_tp_mode == "data"
    faults = obstacles(replace(model, vision=None) if copied else model, ranks)
    if not faults:
        return
    one = in_force(script, catalog).get(flag_name(settings.backend, "tensor_parallel_size", catalog.version) or "")
    fitting = " or ".join(map(str, splits(model, ranks)))
    yield Finding(
        f"{model.name} cannot be split over {ranks} cards: {'; '.join(faults)}; it can over {fitting}",
        one.use.place if one else script.place,
        one.use.spelling if one else None,
    )

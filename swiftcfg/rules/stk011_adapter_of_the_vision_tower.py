"""Adapter of which vLLM applies the language part only.

vLLM puts LoRA on the language model. What an adapter holds for the vision tower or the projector, as one trained with
``--freeze_vit false`` or ``--freeze_aligner false`` does, is left out with a warning or refused with ``expected target
modules in …`` at the first request. ms-swift freezes both unless told otherwise; ``--merge_lora true`` serves any
adapter as it was trained.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --adapters output/v0/checkpoint-100 --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --adapters output/v0/checkpoint-100 --infer_backend vllm \
      --merge_lora true
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.families import family_of
from swiftcfg.rules.json_flags import readings
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "possible"
SOURCES = (
    "vllm@0.11.0:vllm/lora/models.py:488-497,613-620",
    "vllm@0.23.0:vllm/lora/model_manager.py:189-206, enable_tower_connector_lora",
    "https://github.com/modelscope/ms-swift/issues/4974",
)


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model | None = None
) -> Iterator[Finding]:
    given = in_force(script, catalog)
    seen = model.sees if model else family_of(given, None) is not None
    if settings.backend != "vllm" or not settings.enable_lora or "adapters" not in given or not seen:
        return
    if any("enable_tower_connector_lora" in (reading.value or {}) for _, reading in readings(script, catalog)):
        return
    one = given["adapters"]
    named = any("=" in word for word in one.words or ())  # ms-swift merges none that requests choose by name
    way = "swift export --merge_lora true makes a checkpoint of" if named else "--merge_lora true serves"
    yield Finding(
        "vLLM applies an adapter to the language model only; if this one was trained with --freeze_vit false or "
        f"--freeze_aligner false, {way} all of it",
        one.use.place,
        one.use.spelling,
        None if named else Fix("merge it into the model at the start", (SetFlag("merge_lora", "true"),), safe=False),
    )

"""Engine keyword that vLLM does not get.

``--vllm_engine_kwargs`` are keywords for vLLM's AsyncEngineArgs. One that ms-swift passes itself ends with
``got multiple values for keyword argument``; one that this vLLM lacks, with ``unexpected keyword argument``.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_engine_kwargs '{"max_model_len": 8192}'

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.json_flags import readings
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/infer_engine/vllm_engine.py:293-384",)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    for one, reading in readings(script, catalog):
        if one.name != "vllm_engine_kwargs" or not isinstance(reading.value, dict):
            continue
        for name, sentence in (*settings.problems, *settings.unread):
            if name == one.name and settings.backend == "vllm":
                yield Finding(f"--{one.name}, {sentence}", one.use.place, one.use.spelling)

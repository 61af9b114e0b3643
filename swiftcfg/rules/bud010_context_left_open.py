"""Context that nobody set.

Without a max_model_len vLLM plans for the model's whole context: it refuses to start unless the KV cache holds one
request of that length, and sizes its first run by it.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 32768
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan, kv_bytes_per_token
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.asked import request_of, rounded
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import first_broken
from swiftcfg.rules.tiles import tiles_of
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.units import gib
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.32.0:vllm/v1/core/kv_cache_utils.py:1003-1040",
    "https://github.com/modelscope/ms-swift/issues/3288",
    "https://github.com/vllm-project/vllm/issues/26612",
)


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model | None = None,
    limits: Limits | None = None, memory: MemoryPlan | None = None, workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    if settings.backend != "vllm" or settings.max_model_len or _hidden(script, catalog, settings):
        return
    knobs = Knobs(script, catalog, settings.backend)
    if model is None or model.text is None:
        tiles = tiles_of(script, catalog)
        if tiles and tiles.context:
            return  # short, and BUD011 says what it holds
        message = "no context is set, so vLLM plans for all that the model was made for, often 128000 tokens and more"
        yield Finding(message, script.place, knobs.subject("max_model_len"))
        return
    length = model.text.max_position_embeddings
    if memory and any(first_broken(memory, name, settings) for name in ("one whole request", "budget")):
        return
    each, _ = kv_bytes_per_token(model, settings)
    cost = f", {gib(each * length)} of cache for one such request" if each else ""
    request = request_of(model, workload, limits) if workload else None
    changes = knobs.change("max_model_len", rounded(request.tokens)) if request and request.tokens < length else ()
    needed = f"; {workload.name} needs {request.tokens}" if workload and request else ""
    yield Finding(
        f"no context is set, so vLLM plans for the {length} tokens of {model.name}{cost}{needed}",
        script.place,
        knobs.subject("max_model_len"),
        Fix(f"a context of {changes[0].value}", changes, safe=False) if changes else None,
    )


def _hidden(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> bool:
    """Whether a length is written that does not count, is refused or is not known; other rules speak of it."""
    written = {name for name, _ in (*settings.unread, *settings.problems)}
    return bool(written & {"max_model_len", "vllm_max_model_len"}) or bool(
        Knobs(script, catalog, settings.backend).written("max_model_len")
    )

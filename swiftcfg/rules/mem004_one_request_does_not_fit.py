"""KV cache too small for one request.

vLLM refuses to start unless its cache holds one request of the whole context: ``To serve at least one request with
the model's max seq len (…), … KV cache is needed``. Without a max_model_len that is the model's own, 128,000 tokens
and more.

Checked with: --gpu RTX-4090

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_limit_mm_per_prompt '{"image": 1, "video": 0}'

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_limit_mm_per_prompt '{"image": 1, "video": 0}' --vllm_max_model_len 16384
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.asked import request_of
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import context_that_fits, first_broken, larger_share
from swiftcfg.script import Script
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.32.0:vllm/v1/core/kv_cache_utils.py:1003-1040",
    "https://github.com/vllm-project/vllm/issues/26612",
    "https://github.com/modelscope/ms-swift/issues/3288",
)


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload | None = None
) -> Iterator[Finding]:
    settings = deployment.settings
    broken = first_broken(memory, "one whole request", settings)
    if broken is None:
        return
    knobs = Knobs(script, catalog, settings.backend)
    length = context_that_fits(deployment, workload, memory)
    if length is None:
        sentence, fix = broken.sentence, larger_share(knobs, deployment, workload, memory)
    else:
        sentence = f"{broken.sentence}; up to {length} surely fit"
        fix = _shorter(knobs, deployment, workload, length, sure=broken.severity == "error")
    yield Finding(sentence, knobs.place("max_model_len"), knobs.subject("max_model_len"), fix, broken.severity)


def _shorter(knobs: Knobs, deployment: Deployment, workload: Workload | None, length: int, *, sure: bool) -> Fix:
    """A context that fits; safe where it is ``sure`` that the model's own does not, and nothing asks for more."""
    request = request_of(deployment.model, workload, deployment.limits) if workload else None
    enough = request is None or request.tokens <= length
    unset = deployment.settings.max_model_len is None
    return Fix(f"a context of {length}", knobs.change("max_model_len", length), safe=sure and unset and enough)

"""No memory left for the KV cache.

Weights, the first run and libraries take the whole budget: ``No available memory for the cache blocks``. The first
run is large where vLLM draws large images or videos: a limit of 0 for videos and mm_processor_kwargs make it smaller.

Checked with: --gpu L4

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.75 \
      --vllm_max_model_len 8192

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.9 \
      --vllm_max_model_len 8192
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import first_broken, larger_share
from swiftcfg.script import Script
from swiftcfg.units import gib
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.32.0:vllm/v1/core/kv_cache_utils.py:1003-1040",
    "https://github.com/QwenLM/Qwen3/issues/12",
    "https://github.com/vllm-project/vllm/issues/16570",
)

#: Terms worth naming, in the order of the account.
_NAMED = ("weights", "peak activation", "cuda graphs", "nccl", "other processes")


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload | None = None
) -> Iterator[Finding]:
    settings = deployment.settings
    broken = first_broken(memory, "budget", settings)
    if broken is None:
        return
    knobs = Knobs(script, catalog, settings.backend)
    yield Finding(
        f"{broken.sentence} ({gib(memory.budget.best)}): {_parts(memory)}",
        knobs.place("gpu_memory_utilization"),
        knobs.subject("gpu_memory_utilization"),
        larger_share(knobs, deployment, workload, memory),
        broken.severity,
    )


def _parts(memory: MemoryPlan) -> str:
    """What takes it: ``weights 15.63 GiB, peak activation 15.50 GiB (video of 114688 tokens)``."""
    item = memory.profiled_item
    drawn = f" (a first run with {item.modality}s of {item.tokens_per_item} tokens)" if item else ""
    terms = [(name, memory.term(name)) for name in _NAMED]
    return ", ".join(
        f"{name} {gib(term.amount.best)}{drawn if name == 'peak activation' else ''}"
        for name, term in terms
        if term and term.inside_budget and term.amount.best
    )

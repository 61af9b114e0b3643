"""KV cache too small for the requests at once.

Requests that the cache does not hold wait, and running ones are thrown out and computed again (``preempted``). Nothing
fails, and answers come late.

Checked with: --gpu RTX-4090 --profile gui-grounding-1080p

Bad:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 16384 --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}'

Good:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-3B-Instruct --infer_backend vllm \
      --vllm_max_model_len 16384 --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}'
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import first_broken, larger_share
from swiftcfg.script import Script
from swiftcfg.units import Range
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = ("vllm@0.23.0:vllm/v1/core/sched/scheduler.py, preempt",)


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload
) -> Iterator[Finding]:
    broken = first_broken(memory, "kv cache", deployment.settings)
    if broken is None:
        return
    knobs = Knobs(script, catalog, deployment.settings.backend)
    yield Finding(
        f"{workload.name}: {broken.limit.sentence}{_held(memory.requests_at_once)}, and the others wait",
        knobs.place("gpu_memory_utilization"),
        knobs.subject("gpu_memory_utilization"),
        larger_share(knobs, deployment, workload, memory),
        "warning" if broken.severity == "error" else "info",
    )


def _held(at_once: Range | None) -> str:
    if at_once is None:
        return ""
    count = f"{at_once.low}" if at_once.low == at_once.high else f"{at_once.low} to {at_once.high}"
    return f": it holds {count} at once"

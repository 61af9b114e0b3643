"""Too little memory beside the budget.

gpu_memory_utilization is not all that vLLM takes: its CUDA context, from 0.11 on the buffers of NCCL, and before 0.20
the CUDA graphs come on top, and memory grows a little in service. A share of 0.96 leaves no room for them: out of
memory while graphs are captured, or days later.

Checked with: --gpu L4 --vllm 0.11.0

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-3B-Instruct --infer_backend vllm --vllm_max_model_len 8192 \
      --vllm_gpu_memory_utilization 0.96

Good:

    swift deploy --model Qwen/Qwen2.5-VL-3B-Instruct --infer_backend vllm --vllm_max_model_len 8192 \
      --vllm_gpu_memory_utilization 0.75
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import first_broken, smaller_share
from swiftcfg.script import Script
from swiftcfg.units import gib
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/modelscope/ms-swift/issues/5424",
    "https://github.com/vllm-project/vllm/issues/16570",
    "vllm@0.18.0:vllm/envs.py:247, VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS",
)


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload | None = None
) -> Iterator[Finding]:
    broken = first_broken(memory, "outside the budget", deployment.settings)
    if broken is None:
        return
    knobs = Knobs(script, catalog, deployment.settings.backend)
    outside = [term for term in memory.terms if not term.inside_budget and term.amount.best and not term.part_of]
    parts = [f"{term.name} {gib(term.amount.best)}" for term in outside if term.name not in ("total", "budget")]
    yield Finding(
        f"{broken.sentence} ({', '.join(parts)})",
        knobs.place("gpu_memory_utilization"),
        knobs.subject("gpu_memory_utilization"),
        smaller_share(knobs, deployment, workload, memory, broken),
        broken.severity,
    )

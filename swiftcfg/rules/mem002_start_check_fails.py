"""Start check of vLLM fails.

Before it loads anything, vLLM compares the free memory with its share of the whole card, and refuses to start where
less is free: ``Free memory on device … on startup is less than desired GPU memory utilization``. Other processes
count, and so does its own CUDA context.

Checked with: --gpu A100-80GB,used=12GiB

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192 \
      --vllm_gpu_memory_utilization 0.9

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192 \
      --vllm_gpu_memory_utilization 0.75
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import first_broken, processes_in_words, smaller_share
from swiftcfg.script import Script
from swiftcfg.units import gib
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = ("vllm@0.9.1:vllm/v1/worker/gpu_worker.py:134-150", "vllm@0.32.0:vllm/v1/worker/utils.py:716-771")


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload | None = None
) -> Iterator[Finding]:
    broken = first_broken(memory, "start check", deployment.settings)
    if broken is None:
        return
    knobs = Knobs(script, catalog, deployment.settings.backend)
    held = ""
    if memory.used:
        named = ", ".join(processes_in_words(deployment.gpus))
        held = f"; other processes hold {gib(memory.used)}" + (f": {named}" if named else "")
    yield Finding(
        f"{broken.sentence}{held}",
        knobs.place("gpu_memory_utilization"),
        knobs.subject("gpu_memory_utilization"),
        smaller_share(knobs, deployment, workload, memory, broken),
        broken.severity,
    )

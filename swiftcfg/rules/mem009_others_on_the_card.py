"""Other processes on the card.

What they hold now is counted; what they take later is not, and vLLM takes its share at the start and gives nothing
back.

Checked with: --gpu A100-80GB,used=6GiB

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192 \
      --vllm_gpu_memory_utilization 0.8

Checked with: --gpu A100-80GB

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192 \
      --vllm_gpu_memory_utilization 0.8
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.rule import Finding
from swiftcfg.rules.replan import processes_in_words
from swiftcfg.script import Script
from swiftcfg.units import MIB, gib

SEVERITY = "info"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.8.5:vllm/v1/worker/gpu_worker.py:195-210",
    "vllm@0.32.0:vllm/utils/mem_utils.py, memory_profiling",
)

#: A desktop or a monitor holds less.
_WORTH = 512 * MIB


def check(script: Script, deployment: Deployment) -> Iterator[Finding]:
    for gpu in deployment.gpus[: deployment.ranks]:
        if gpu.used < _WORTH:
            continue
        name = gpu.name if gpu.index is None else f"GPU {gpu.index} ({gpu.name})"
        who = ", ".join(processes_in_words((gpu,)))
        yield Finding(
            f"other processes hold {gib(gpu.used)} of {name}" + (f": {who}" if who else "") + "; that is counted, and "
            "more that they take is not",
            script.place,
        )

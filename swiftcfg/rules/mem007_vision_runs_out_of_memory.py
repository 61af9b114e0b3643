"""Vision tower runs out of memory in service.

vLLM keeps memory for the images and videos of its first run. Where real ones are larger (mm_processor_kwargs or sizes
in the limit below MAX_PIXELS, skip_mm_profiling) the difference must be free on the card, or the first large image
ends the server.

Checked with: --gpu RTX-4090

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 17408 \
      --vllm_gpu_memory_utilization 0.95 --vllm_engine_kwargs '{"skip_mm_profiling": true}'

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192 --vllm_gpu_memory_utilization 0.9
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import first_broken, smaller_share
from swiftcfg.script import Script
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/vllm-project/vllm/issues/15783",
    "https://github.com/vllm-project/vllm/issues/16570",
)


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload | None = None
) -> Iterator[Finding]:
    broken = first_broken(memory, "vision at run time", deployment.settings)
    if broken is None:
        return
    knobs = Knobs(script, catalog, deployment.settings.backend)
    knob = "mm_processor_kwargs" if deployment.settings.processor_kwargs else "gpu_memory_utilization"
    yield Finding(
        broken.sentence,
        knobs.place(knob),
        knobs.subject(knob),
        smaller_share(knobs, deployment, workload, memory, broken),
        broken.severity,
    )

"""Memory that grows in service.

vLLM 0.11 with a vision tower took gigabytes more over hours and days, until servers with a share of 0.9 and above ran
out of memory. Leave 1 to 2 GiB beside the budget, or use another release.

Checked with: --vllm 0.11.0

Bad:

    swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.95

Good:

    swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.85
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.memory.defaults import SWIFT_UTILIZATION
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import first_broken
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.units import GIB, gib

SEVERITY = "warning"
CONFIDENCE = "possible"
SOURCES = (
    "https://github.com/vllm-project/vllm/issues/28230",
    "https://github.com/QwenLM/Qwen3-VL/issues/1522",
    "https://github.com/vllm-project/vllm-ascend/issues/5262",
)

_TROUBLED = (0, 11)
_HIGH = 0.9
#: What was seen to be taken, beside everything that is known.
_ROOM = 2 * GIB


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, runtime: Runtime,
    memory: MemoryPlan | None = None,
) -> Iterator[Finding]:  # fmt: skip
    version = runtime.vllm
    if settings.backend != "vllm" or not model.sees or version is None:
        return
    share = settings.gpu_memory_utilization or SWIFT_UTILIZATION
    spare = memory.room.best - memory.outside_budget.best if memory else None
    if version.release[:2] != _TROUBLED or share < _HIGH or (spare is not None and spare >= _ROOM):
        return
    broken = first_broken(memory, "outside the budget", settings) if memory else None
    if broken and broken.severity == "error":
        return  # there is too little room to begin with: MEM006
    knobs = Knobs(script, catalog, settings.backend)
    left = f", {gib(max(0, spare))} are left" if spare is not None else ""
    yield Finding(
        f"vLLM {version} with images has grown by gigabytes in service until it ran out of memory, and a share of "
        f"{share:g} leaves little room{left}",
        knobs.place("gpu_memory_utilization"),
        knobs.subject("gpu_memory_utilization"),
    )

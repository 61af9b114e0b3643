"""plan_memory: one entry for every serving engine."""

from collections.abc import Callable

from swiftcfg.engine import BackendName, EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.fractions import plan_lmdeploy, plan_sglang
from swiftcfg.memory.judge import judge
from swiftcfg.memory.plan import Demand, MemoryPlan, Server
from swiftcfg.memory.transformers import plan_transformers
from swiftcfg.memory.vllm import plan_vllm
from swiftcfg.model import Model
from swiftcfg.runtime import Runtime

_Planner = Callable[[Model, Gpu, Runtime, EngineSettings, Demand | None], MemoryPlan]

_OTHERS: dict[BackendName, _Planner] = {
    "transformers": plan_transformers,
    "sglang": plan_sglang,
    "lmdeploy": plan_lmdeploy,
}


def plan_memory(
    model: Model,
    gpu: Gpu,
    runtime: Runtime,
    settings: EngineSettings,
    demand: Demand | None = None,
    *,
    server: Server = "swift",
) -> MemoryPlan:
    """The account of ONE rank of one deployment on ``gpu``, judged for ``demand`` where it is given."""
    if settings.backend == "vllm":
        plan = plan_vllm(model, gpu, runtime, settings, server)
    else:
        plan = _OTHERS[settings.backend](model, gpu, runtime, settings, demand)
    return judge(plan, demand) if demand is not None else plan

"""Share of the card that leaves no room.

Beside its share vLLM takes a CUDA context of 0.3 to 0.6 GiB, before 0.20 CUDA graphs of up to 2 GiB, and buffers that
come later. On a card of 24 GiB 0.96 leaves 1 GiB for all of it. Where the account of a card says that
it cannot hold, MEM002 or MEM006 speaks.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.98

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.92
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import MOST_SHARE, first_broken
from swiftcfg.script import Script
from swiftcfg.units import GIB, gib

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/modelscope/ms-swift/issues/5424",
    "https://github.com/vllm-project/vllm/issues/28230",
)

#: Cards that people serve on.
_SMALL, _LARGE = 24 * GIB, 80 * GIB


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, memory: MemoryPlan | None = None
) -> Iterator[Finding]:
    share = settings.gpu_memory_utilization
    if settings.backend != "vllm" or share is None or share <= MOST_SHARE:
        return
    if memory and any(first_broken(memory, name, settings) for name in ("start check", "outside the budget")):
        return
    knobs = Knobs(script, catalog, settings.backend)
    changes = knobs.change("gpu_memory_utilization", MOST_SHARE)
    left = f"{gib(_SMALL * (1 - share))} of a card of 24 GiB, {gib(_LARGE * (1 - share))} of one of 80 GiB,"
    if memory:
        left = f"{gib(memory.total.best * (1 - share))} of the card"
    yield Finding(
        f"a share of {share:g} leaves {left} for the CUDA context and all else that vLLM takes beside it, and that "
        "grows in service",
        knobs.place("gpu_memory_utilization"),
        knobs.subject("gpu_memory_utilization"),
        Fix(f"a share of {MOST_SHARE:g}", changes, safe=False) if changes else None,
    )

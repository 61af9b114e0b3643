"""More cards than are visible.

Tensor, pipeline and data parallelism multiply: 2 x 1 x 2 needs four cards. ms-swift does not count them; vLLM
waits for a card that CUDA_VISIBLE_DEVICES hides, or ends with ``invalid device ordinal``.

Bad:

    CUDA_VISIBLE_DEVICES=0 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \
      --infer_backend vllm --vllm_tensor_parallel_size 2

Good:

    CUDA_VISIBLE_DEVICES=0,1 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \
      --infer_backend vllm --vllm_tensor_parallel_size 2
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.rule import Finding
from swiftcfg.rules.places import variable_place
from swiftcfg.script import Script
from swiftcfg.visible_gpus import VISIBLE

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("CUDA programming guide, CUDA_VISIBLE_DEVICES", "vllm@0.23.0:vllm/config/parallel.py")


#: What splits a model: where one of these is wrong or lost, that is what another rule speaks of.
_SPLITS = frozenset(
    f"{engine}{kind}_parallel_size" for engine in ("", "vllm_") for kind in ("tensor", "pipeline", "data")
)


def check(script: Script, settings: EngineSettings, gpus: tuple[Gpu, ...] | None = None) -> Iterator[Finding]:
    factors = (settings.tensor_parallel_size, settings.pipeline_parallel_size, settings.data_parallel_size)
    needed = factors[0] * factors[1] * factors[2]
    visible = script.config().variable(VISIBLE)
    there = _named(visible) if isinstance(visible, str) else len(gpus) if gpus and len(gpus) > 1 else None
    if there is None or settings.backend == "transformers":
        return
    shown = f"{VISIBLE}={visible} shows {there}" if isinstance(visible, str) else f"there are {there}"
    place, split = variable_place(script, VISIBLE) or script.place, " x ".join(map(str, factors))
    if there < needed:
        needs = "the engine needs a card" if needed == 1 else f"{split} needs {needed} cards"
        yield Finding(f"{needs}, and {shown}", place, VISIBLE)
    elif isinstance(visible, str) and there > needed and not _fails_to_split(settings):
        idle = f"{there - needed} of the cards in {VISIBLE}={visible} stay idle: {split} uses {needed}"
        yield Finding(idle, place, VISIBLE, severity="info")


def _fails_to_split(settings: EngineSettings) -> bool:
    """Whether a flag may be meant to use more cards, and is refused or lost, as other rules say."""
    return bool(settings.problems) or not _SPLITS.isdisjoint(dict(settings.unread))


def _named(visible: str) -> int:
    """How many cards the variable shows: none where one is named twice, and none after a negative number."""
    names = [name.strip() for name in visible.split(",") if name.strip()]
    kept = names[: next((at for at, name in enumerate(names) if name.startswith("-")), len(names))]
    return len(kept) if len(set(kept)) == len(kept) else 0

"""Weights larger than the card, or than the share of it that the engine may take.

Nothing else matters then: no limit on pixels, context or requests makes weights smaller. They can be split over more
cards, quantised, or put on a larger card.

Checked with: --gpu RTX-4090

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-32B-Instruct --infer_backend vllm --vllm_max_model_len 8192

Good:

    swift deploy --model Qwen/Qwen2.5-VL-3B-Instruct --infer_backend vllm --vllm_max_model_len 8192
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.parallelism import splits
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import best_share, replanned, too_heavy, weights_room
from swiftcfg.script import Script
from swiftcfg.units import gib
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "https://github.com/InternLM/lmdeploy/issues/2266",
    "https://github.com/vllm-project/vllm/issues/16749",
    "vllm@0.32.0:vllm/v1/worker/gpu_worker.py, determine_available_memory",
)

#: Servers hold no more cards than this as a rule.
_MOST_CARDS = 8


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload | None = None
) -> Iterator[Finding]:
    settings = deployment.settings
    weights = too_heavy(memory, settings)
    if weights is None:
        return
    knobs, room = Knobs(script, catalog, settings.backend), weights_room(memory, settings)
    share = best_share(deployment, workload, memory)
    fix = None
    if share:
        changes = knobs.change("gpu_memory_utilization", share)
        fix = Fix(f"let the engine take {share:g} of the card", changes, safe=False) if changes else None
    of = f"{gib(memory.total.best)} that the card has"
    limit = f"the engine may take {gib(room)} of the {of}" if settings.backend == "vllm" else f"{gib(room)} are free"
    knob = "gpu_memory_utilization" if share else "tensor_parallel_size"
    way = f"; a share of {share:g} would do" if share else _way(deployment)
    yield Finding(
        f"the weights of {deployment.model.name} take {gib(weights.amount.best)} a card, and {limit}{way}",
        knobs.place(knob),
        knobs.subject(knob),
        fix,
    )


def _way(deployment: Deployment) -> str:
    """The smallest split that fits cards of this kind."""
    settings = deployment.settings
    if settings.backend == "transformers":
        return ""
    for ranks in splits(deployment.model, _MOST_CARDS):
        plan = replanned(deployment, None, tensor_parallel_size=ranks)
        if not too_heavy(plan, settings):
            each = sum(term.amount.best for term in plan.terms if term.name == "weights")
            return f"; split over {ranks} such cards it is {gib(each)} each"
    return "; it fits no split over such cards: quantised weights or a larger card would"

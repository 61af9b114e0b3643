"""Transformers backend runs out of memory.

It has no pool and no profile: weights, what one pass takes and the cache of the request must fit together. Without a
profile a prompt of 1,024 tokens with one image of the cap is counted, and its answer.

Checked with: --gpu A10

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers --attn_impl eager

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers \
      --attn_impl flash_attn
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import Demand, MemoryPlan, plan_memory
from swiftcfg.rule import Finding
from swiftcfg.rules.asked import answer_tokens
from swiftcfg.rules.caps import PIXELS
from swiftcfg.rules.places import variable_place
from swiftcfg.rules.replan import first_broken
from swiftcfg.script import Script
from swiftcfg.units import Tokens, gib
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/QwenLM/Qwen3-VL/issues/272",
    "https://github.com/QwenLM/Qwen3-VL/issues/541",
    "https://github.com/InternLM/lmdeploy/issues/3352",
)

#: Text of a request, and its answer where the command does not limit it.
_TEXT, _ANSWER = 1024, 1024
#: Terms worth naming.
_NAMED = ("weights", "peak activation")


def check(
    script: Script, catalog: FlagCatalog, deployment: Deployment, memory: MemoryPlan, workload: Workload | None = None
) -> Iterator[Finding]:
    if deployment.settings.backend != "transformers" or len(deployment.gpus) > 1:
        return  # over several cards the backend spreads the layers, which is not modelled
    image = deployment.limits.image_max_tokens if deployment.limits else 0
    plan, what = (memory, workload.name) if workload else _one_request(script, catalog, deployment, image)
    broken = first_broken(plan, "memory", deployment.settings)
    if broken is None:
        return
    parts = [f"{term.name} {gib(term.amount.best)}" for term in plan.terms if term.name in _NAMED]
    hint = f"; a smaller {PIXELS} takes less" if image else ""
    yield Finding(
        f"{what}: {broken.sentence} ({', '.join(parts)}){hint}",
        (image and variable_place(script, PIXELS)) or script.place,
        PIXELS if image else None,
        severity=broken.severity,
    )


def _one_request(script: Script, catalog: FlagCatalog, deployment: Deployment, image: int) -> tuple[MemoryPlan, str]:
    """The account of one request with the largest image, and its name."""
    tokens = _TEXT + image + min(answer_tokens(script, catalog) or _ANSWER, _ANSWER)
    demand = Demand(Tokens(tokens), 1, {"image": image}, image)
    plan = plan_memory(deployment.model, deployment.gpus[0], deployment.runtime, deployment.settings, demand)
    return plan, f"one request with an image of {image} tokens" if image else f"one request of {tokens} tokens"

"""Stated requests longer than the context.

Text, images, videos and the answer of one request share the context. A prompt that is longer is answered with status
400, ``The decoder prompt (length …) is longer than the maximum model length``; an answer that does not fit is cut
(``finish_reason: length``).

Checked with: --profile gui-grounding-1080p

Bad:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192

Good:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 17408
"""

from collections.abc import Iterator

from swiftcfg.deployment import Deployment
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import MemoryPlan
from swiftcfg.model import Model
from swiftcfg.requests import Request
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.asked import context_of, longest_context, request_of, rounded
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.replan import replanned, sound
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.workload import Workload

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.23.0:vllm/v1/engine/input_processor.py, _validate_model_input",
    "https://github.com/QwenLM/Qwen3-VL/issues/946",
    "https://github.com/modelscope/ms-swift/issues/6106",
)


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, workload: Workload,
    limits: Limits | None = None, deployment: Deployment | None = None, memory: MemoryPlan | None = None,
) -> Iterator[Finding]:  # fmt: skip
    request, context = request_of(model, workload, limits), context_of(settings, model)
    if request is None or context is None or request.tokens <= context:
        return
    knobs, prompt = Knobs(script, catalog, settings.backend), request.tokens - workload.answer_tokens
    if prompt >= context:
        outcome = "the prompt alone is refused with status 400"
    else:
        outcome = f"the answer is cut after {context - prompt} of {workload.answer_tokens} tokens"
    length = rounded(request.tokens)
    fix = None
    if length <= longest_context(model):
        changes = knobs.change("max_model_len", length)
        fits = deployment is None or memory is None or sound(replanned(deployment, workload, max_model_len=length))
        fix = Fix(f"a context of {length}", changes, safe=fits) if changes else None
    yield Finding(
        f"the largest request of {workload.name} has {_sum(request, workload)}, the context is {context}: {outcome}",
        knobs.place("max_model_len"),
        knobs.subject("max_model_len"),
        fix,
        "error" if prompt >= context else "warning",
    )


def _sum(request: Request, workload: Workload) -> str:
    """``5 images x 2693 + 1024 of text + 19 of the template + 512 of the answer = 15020 tokens``."""
    parts = [
        f"{count} {kind}{'s' if count > 1 else ''} x {tokens}"
        for kind, count, tokens in (
            ("image", workload.images_per_request, request.image_prompt_tokens),
            ("video", workload.videos_per_request, request.video_prompt_tokens),
        )
        if count
    ]
    parts += [f"{workload.prompt_tokens} of text", f"{request.template_tokens} of the template"]
    return f"{' + '.join(parts)} + {workload.answer_tokens} of the answer = {request.tokens} tokens"

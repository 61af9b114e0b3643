"""What servers say when they refuse a request, and what that means."""

import re

from swiftcfg.chat import Answer
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """``said`` is searched in the server's own words. ``source`` is where they come from."""

    said: str
    meaning: str
    source: str


_VIDEO_METADATA = (
    "the server says no more; an empty refusal of a video is how ms-swift to 4.6.0 answers where vLLM 0.31 or newer "
    "asks for metadata of a Qwen2.5-VL video that it does not pass: use vLLM 0.29 or older, or allow no videos"
)
_TOO_LONG = "the request is longer than the context: raise max_model_len, or lower MAX_PIXELS"
REFUSALS = (
    Refusal(
        r"API key error|HTTP 40[13]\b",
        "the server wants another API key: give it in a variable, and the variable's name with --api-key-env",
        "ms-swift@4.6.0:swift/pipelines/infer/deploy.py, _check_api_key",
    ),
    Refusal(
        "is not in the model_list|model .* does not exist",
        "the server has no model of this name: --served-model-name chooses one of those it has",
        "ms-swift@4.6.0:swift/pipelines/infer/deploy.py, _check_model; "
        "vllm@0.32.0:vllm/entrypoints/openai/models/serving.py:58",
    ),
    Refusal(
        r"leaves no room for generation|longer than the maximum model length|maximum context length",
        _TOO_LONG,
        "ms-swift@4.6.0:swift/infer_engine/infer_engine.py:248; vllm@0.32.0:vllm/v1/engine/input_processor.py:590, "
        "vllm/renderers/params.py:389",
    ),
    Refusal(
        r"At most \d+ \w+\(s\) may be provided",
        "the server allows fewer of them in a request: vllm_limit_mm_per_prompt",
        "vllm@0.32.0:vllm/multimodal/processing/context.py:621",
    ),
    Refusal(
        "must be greater than or equal to min_pixels",
        "MAX_PIXELS is below MIN_PIXELS: the server refuses every picture until it is started with another",
        "qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py:66",
    ),
    Refusal(
        "has no attribute 'read_video'",
        "the server cannot read the video: it has no decord (or torchcodec), or takes no frame of so short a clip",
        "qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, fetch_video",
    ),
    Refusal(
        r"EngineCore encountered an issue|EngineDeadError",
        "a process of the engine has died, although /health may still say 200: start the server anew",
        "vllm@0.32.0:vllm/v1/engine/exceptions.py:16",
    ),
    Refusal(
        r"cannot identify image file",
        "the server cannot read a picture in this format",
        "pillow@13.0.0:src/PIL/Image.py:3729",
    ),
    Refusal(r"HTTP 413\b", "something before the server limits the size of requests, such as a proxy", "RFC 9110"),
    Refusal(r"HTTP 422\b", "the server does not take requests of this form", "fastapi: RequestValidationError"),
    Refusal(r"HTTP 50[234]\b", "what answers is a proxy, and the server behind it does not", "RFC 9110"),
)


def meaning_of(answer: Answer, kind: str) -> str | None:
    """What a refusal means where that is known; ``kind`` is what was sent: text, image, video."""
    if answer.error is None:
        return None
    if kind == "video" and answer.error == "HTTP 400: an empty message":
        return _VIDEO_METADATA
    return next((row.meaning for row in REFUSALS if re.search(row.said, answer.error)), None)

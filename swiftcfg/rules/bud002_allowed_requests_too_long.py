"""As many images and videos as the limit allows do not fit the context.

The limit of media counts items, the context counts tokens, and nobody compares them: five images of 1,280 tokens
and an answer of 2,048 do not go together in 8,192. Such a request is answered with status 400, or its answer is cut.

Bad:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192 --max_new_tokens 2048 --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}'

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 9216 --max_new_tokens 2048 --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}'
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.media import Size
from swiftcfg.model import Model
from swiftcfg.requests import frames_at_cap, template_tokens
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.asked import answer_tokens, context_of, longest_context, rounded
from swiftcfg.rules.caps import Cap, cap_of, name_of
from swiftcfg.rules.knobs import Knobs
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.tokens.prompt import MARKERS
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "vllm@0.23.0:vllm/v1/engine/input_processor.py, _validate_model_input",
    "https://github.com/modelscope/ms-swift/issues/2440",
    "https://github.com/vllm-project/vllm/pull/12604",
)


@dataclass(frozen=True, slots=True)
class _Most:
    """The largest request that the limits allow, without its text."""

    images: int
    image: int
    videos: int
    video: int
    template: int

    @property
    def tokens(self) -> int:
        return self.images * self.image + self.videos * self.video + self.template

    def __str__(self) -> str:
        kinds = ((self.images, "image", self.image), (self.videos, "video", self.video))
        parts = [f"{count} {kind}{'s' if count > 1 else ''} x {each}" for count, kind, each in kinds if count]
        return f"{' + '.join(parts)} = {self.tokens - self.template} tokens"


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, limits: Limits,
    sizes: tuple[Size, ...], workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    context = context_of(settings, model)
    most = _largest(settings, model, limits)
    if workload or context is None or most is None or max(most.image, most.video) + most.template > context:
        return
    answer = answer_tokens(script, catalog) or 0
    if answer >= context or most.tokens + answer <= context:
        return
    knobs, cap = Knobs(script, catalog, settings.backend), cap_of(script, catalog, limits)
    length = rounded(most.tokens + max(answer, 512))
    changes = knobs.change("max_model_len", length) if length <= longest_context(model) else ()
    yield Finding(
        f"the limit allows {most}, and the context is {context}: {_outcome(most, context, answer)}"
        f"{_common(most, cap, sizes[0])}",
        knobs.place("limit_mm_per_prompt"),
        knobs.subject("limit_mm_per_prompt"),
        Fix(f"a context of {length}", changes, safe=False) if changes else None,
    )


def _largest(settings: EngineSettings, model: Model, limits: Limits) -> _Most | None:
    """What the limits that the command states allow; None where it states none above 0, or one request is alone."""
    counts = {kind: limit.count for kind, limit in settings.media_limits.items()}
    images, videos = counts.get("image", 0), counts.get("video", 0)
    frames = limits.constants.fps_max_frames
    if settings.backend != "vllm" or images + videos < 1 or (videos and (limits.no_video or frames < 1)):
        return None
    video = frames_at_cap(limits, frames) + MARKERS if videos else 0
    image = limits.image_max_tokens + MARKERS if images else 0
    return _Most(images, image, videos, video, template_tokens(model))


def _outcome(most: _Most, context: int, answer: int) -> str:
    if most.tokens >= context:
        return "such a request is refused with status 400"
    return f"{context - most.tokens} of --max_new_tokens {answer} are left"


def _common(most: _Most, cap: Cap, size: Size) -> str:
    """What it is with images as people send them, where they are smaller than the cap."""
    image = cap.sized(size)
    if not most.images or image is None or image.prompt_tokens >= most.image:
        return ""
    tokens = most.tokens - most.images * (most.image - image.prompt_tokens)
    return f"; with images of {name_of(size)} it is {tokens - most.template}"

"""Images shrunk by the cap.

Every image with more pixels than MAX_PIXELS is shrunk until it fits, each side rounded down to whole tokens. Small
text and icons are lost first. Models that answer with absolute pixels (Qwen2.5-VL) answer in pixels of the shrunk
image: a client must multiply x and y, each by its own factor. With a profile the finding is an error where an
image falls below what the profile allows, a warning where it states no limit and text or boxes are lost; without one
the finding tells what becomes of common sizes.

Checked with: --profile gui-grounding-1080p

Bad:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 20480

Good:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 20480
"""

from collections.abc import Iterator, Sequence

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.media import Size
from swiftcfg.model import Model
from swiftcfg.rule import Change, Finding, Fix, Severity
from swiftcfg.rules.asked import context_of, longest_context, request_of, rounded
from swiftcfg.rules.caps import Cap, cap_of, name_of, percent
from swiftcfg.rules.knobs import Knobs
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits, SizedImage
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = (
    "qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, smart_resize",
    "https://github.com/QwenLM/Qwen3-VL/issues/860",
    "https://github.com/QwenLM/Qwen3-VL/issues/636",
    "https://github.com/modelscope/ms-swift/issues/3659",
)

#: Below this a side has lost enough for makers of the model to doubt their own boxes (QwenLM/Qwen3-VL#636).
_MUCH = 0.7
_CAREFUL = ("grounding", "gui", "document-ocr", "chart")


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, limits: Limits,
    sizes: tuple[Size, ...], workload: Workload | None = None,
) -> Iterator[Finding]:  # fmt: skip
    cap = cap_of(script, catalog, limits)
    seen = [image for size in sizes if (image := cap.sized(size))]
    shrunk = [image for image in seen if cap.shrinks(image)]
    if not shrunk:
        return
    flag = in_force(script, catalog).get("max_pixels")
    by_flag = flag if limits.flag_pixels and limits.flag_pixels < limits.constants.image_max else None
    cause = by_flag.shown if by_flag else cap.shown
    place = by_flag.use.place if by_flag else cap.setting.place if cap.setting else script.place
    subject = by_flag.use.spelling if by_flag else cap.name
    if workload is None:
        if not by_flag and not cap.setting:
            return
        yield Finding(f"{cause} shrinks {_common(shrunk)}{_boxes(model, shrunk)}", place, subject)
        return
    worst = min(shrunk, key=lambda image: min(image.scale))
    breach = min(worst.scale) < workload.least_scale
    fix = None
    if breach and not by_flag:
        fix = _fix(cap, Knobs(script, catalog, settings.backend), settings, model, workload)
    message = f"{cause} shrinks {_one(worst)}{_others(shrunk)}: {_limit(workload)}{_boxes(model, shrunk)}"
    yield Finding(message, place, subject, fix, _severity(workload, worst, breach=breach))


def _severity(workload: Workload, worst: SizedImage, *, breach: bool) -> Severity:
    if breach:
        return "error"
    careful = workload.task in _CAREFUL and not workload.least_scale
    return "warning" if careful and min(worst.scale) < _MUCH else "info"


def _limit(workload: Workload) -> str:
    if workload.least_scale >= 1:
        return f"{workload.name} allows no shrinking"
    if workload.least_scale > 0:
        return f"{workload.name} allows shrinking to {round(100 * workload.least_scale)} % of a side"
    return f"{workload.name} sets no limit"


def _one(image: SizedImage) -> str:
    dpi = f", {round(image.original.dpi * min(image.scale))} dpi" if image.original.dpi else ""
    return f"{name_of(image.original)} to {image.resized} ({percent(image.scale)}, {image.tokens} tokens{dpi})"


def _others(shrunk: Sequence[SizedImage]) -> str:
    count = len(shrunk) - 1
    return f", and {count} other {'size' if count == 1 else 'sizes'} less" if count else ""


def _common(shrunk: Sequence[SizedImage]) -> str:
    first, *others = shrunk
    rest = (f"{name_of(image.original)} to {_short(image)}" for image in others)
    return ", ".join((_one(first), *rest))


def _short(image: SizedImage) -> str:
    least = min(image.scale)
    return f"{round(image.original.dpi * least)} dpi" if image.original.dpi else f"{round(100 * least)} %"


def _boxes(model: Model, shrunk: Sequence[SizedImage]) -> str:
    if not model.absolute_coordinates:
        return ""
    image = shrunk[0]
    across, down = image.box_scale
    of = f" of {name_of(image.original)}"
    return f". Boxes come in pixels of the shrunk image: multiply x by {across:.3f} and y by {down:.3f} for those{of}"


def _fix(cap: Cap, knobs: Knobs, settings: EngineSettings, model: Model, workload: Workload) -> Fix | None:
    """The smallest cap that shrinks nothing, and the context that the larger images then need."""
    tokens = max(cap.whole(size) for size, _ in workload.image_sizes())
    changes: tuple[Change, ...] = cap.change(tokens)
    if not changes:
        return None
    title = f"write {cap.name}={cap.written(tokens)}"
    request = request_of(model, workload, cap.limits)
    context = context_of(settings, model)
    if request and context:
        grown = request.tokens + workload.images_per_request * (tokens - request.largest_items["image"])
        if request.tokens <= context < grown:
            length = min(rounded(grown), longest_context(model))
            changes = (*changes, *knobs.change("max_model_len", length))
            title += f" and a context of {length}"
    return Fix(title, changes)

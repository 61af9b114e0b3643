"""The environment variables that give a rung's caps to ms-swift, in whichever spelling this runtime reads."""

from collections.abc import Mapping
from functools import lru_cache

from swiftcfg.errors import InputError
from swiftcfg.model import Model, ProcessorLimits, VisionTower
from swiftcfg.planner.ladder import Rung
from swiftcfg.runtime import Runtime
from swiftcfg.tokens import Limits, effective_limits
from swiftcfg.workload import Workload

#: The library samples this many frames a second unless FPS says otherwise (qwen-vl-utils: FPS = 2.0).
LIBRARY_FPS = 2.0


def limits_of(model: Model, runtime: Runtime, variables: Mapping[str, str]) -> Limits:
    """What ms-swift makes of these variables; the model's tower must be known."""
    if model.vision is None:
        raise InputError(f"{model.name} has no vision tower that swiftcfg knows", "serve it with a text-only workload")
    return _limits(model.vision, runtime, tuple(variables.items()), model.model_type, model.limits)


@lru_cache(maxsize=4096)
def _limits(
    vision: VisionTower,
    runtime: Runtime,
    variables: tuple[tuple[str, str], ...],
    model_type: str | None,
    processor: ProcessorLimits | None,
) -> Limits:
    """The same, remembered: candidates on different cards ask for the same caps again and again."""
    given = dict(variables)
    return effective_limits(vision, runtime, given, model_type=model_type, processor=processor, backend="vllm")


def sampling(workload: Workload, frames: int) -> dict[str, str]:
    """How densely videos are looked at, and how many frames of one at most."""
    fps = workload.videos.sample_fps if workload.videos else None
    chosen = {"FPS_MAX_FRAMES": str(frames)}
    if fps is not None and fps != LIBRARY_FPS:
        chosen = {"FPS": f"{fps:g}", **chosen}
    return chosen


def variables_of(model: Model, runtime: Runtime, workload: Workload, rung: Rung) -> dict[str, str]:
    """Variables whose effect, by the token arithmetic itself, is exactly the rung's caps."""
    if model.vision is None:
        return {}
    area = model.vision.factor**2
    chosen: dict[str, str] = {}
    if rung.image_tokens:
        chosen |= _image_cap(model, runtime, rung.image_tokens, area)
    if rung.frame_tokens:
        chosen |= _frame_cap(model, runtime, rung.frame_tokens, area) | sampling(workload, rung.frames)
    return chosen


def _image_cap(model: Model, runtime: Runtime, tokens: int, area: int) -> dict[str, str]:
    for chosen in ({"MAX_PIXELS": str(tokens * area)}, {"IMAGE_MAX_TOKEN_NUM": str(tokens)}):
        if limits_of(model, runtime, chosen).image_max_tokens == tokens:
            return chosen
    raise InputError(
        f"ms-swift {runtime.ms_swift} with qwen-vl-utils {runtime.qwen_vl_utils} has no variable that caps images "
        f"of {model.name}",
        "serve with ms-swift 3.10.1 or newer and qwen-vl-utils 0.0.14",
    )


def _frame_cap(model: Model, runtime: Runtime, tokens: int, area: int) -> dict[str, str]:
    """The cap on a frame, with its lower limit where the library's own would override the cap."""
    spellings = (
        ("VIDEO_MAX_PIXELS", "VIDEO_MIN_PIXELS", area),
        ("VIDEO_MAX_TOKEN_NUM", "VIDEO_MIN_TOKEN_NUM", 1),
    )
    for most, least, unit in spellings:
        cap = {most: str(tokens * unit)}
        lowered = cap | {least: str(int(tokens / 1.05) * unit)}
        for chosen in (cap, lowered):
            if limits_of(model, runtime, chosen).video_max_pixels == tokens * area:
                return chosen
    raise InputError(
        f"ms-swift {runtime.ms_swift} with qwen-vl-utils {runtime.qwen_vl_utils} has no variables that cap video "
        f"frames of {model.name} at {tokens} tokens",
        "serve with ms-swift 3.10.1 or newer and qwen-vl-utils 0.0.14",
    )

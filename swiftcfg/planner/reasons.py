"""Reasons: why each variable has its value, what binds, and what the next better quality would cost."""

from swiftcfg.memory import Constraint
from swiftcfg.planner.candidate import Candidate, Problem
from swiftcfg.planner.plan import Item
from swiftcfg.planner.search import Found
from swiftcfg.units import gib


def variable_reasons(problem: Problem, found: Found, items: tuple[Item, ...]) -> dict[str, str]:
    """Variable name -> its reason, for every variable that a rung may set."""
    image, video = _image_reason(problem, found, items), _video_reason(items)
    frames = found.best.rung.frames
    return {
        "MAX_PIXELS": image,
        "IMAGE_MAX_TOKEN_NUM": image,
        "VIDEO_MAX_PIXELS": video,
        "VIDEO_MAX_TOKEN_NUM": video,
        "VIDEO_MIN_PIXELS": "Lowered, because the library would raise a cap below 1.05 times this.",
        "VIDEO_MIN_TOKEN_NUM": "Lowered, because the library would raise a cap below 1.05 times this.",
        "FPS": "Frames a second that the workload asks to look at.",
        "FPS_MAX_FRAMES": f"No video is looked at in more than {frames} frames, however long it is.",
    }


def _image_reason(problem: Problem, found: Found, items: tuple[Item, ...]) -> str:
    images = [item for item in items if item.kind == "image"]
    if not images:
        return ""
    largest = max(images, key=lambda item: item.tokens)
    shrunk = [item for item in images if item.shrunk]
    if not shrunk:
        return (
            f"No image of the workload is shrunk: the largest, {largest.name}, becomes "
            f"{largest.resized[0]}x{largest.resized[1]} and costs {largest.tokens} tokens."
        )
    worst = min(shrunk, key=lambda item: min(item.scale))
    limit = binding(found).name
    return (
        f"The most that fits ({limit} binds): {worst.name} is shrunk to {worst.resized[0]}x{worst.resized[1]}, "
        f"{min(worst.scale):.0%} of each side, {worst.tokens} tokens. "
        f"{_kept(problem)}"
    )


def _kept(problem: Problem) -> str:
    if problem.workload.least_scale == 0:
        return "The workload sets no limit on shrinking."
    return "That is within what the workload allows."


def _video_reason(items: tuple[Item, ...]) -> str:
    videos = [item for item in items if item.kind == "video"]
    if not videos:
        return ""
    largest = max(videos, key=lambda item: item.tokens)
    return (
        f"Pixels of one frame: {largest.name} becomes {largest.frames} frames of "
        f"{largest.resized[0]}x{largest.resized[1]}, {largest.tokens} tokens in all."
    )


#: Limits that the planner itself sets as tight as they go; they never are what stops a plan at the top.
_CHOSEN_TO_HOLD = frozenset({
    "context", "one whole request", "encoder cache", "outside the budget", "start check", "vision at run time",
})  # fmt: skip


def binding(found: Found) -> Constraint:
    """What stops the plan: at the top the limit with the least to spare, below it the one the next rung breaks most."""
    if found.above is not None:
        return min(found.above.constraints, key=lambda item: item.margin / _scale(found.above, item))
    given = [item for item in found.best.constraints if item.name not in _CHOSEN_TO_HOLD]
    return min(given, key=lambda item: item.margin / _scale(found.best, item))


def _scale(option: Candidate | None, item: Constraint) -> float:
    """What a margin is compared with: the whole card, or the whole context."""
    if option is None or item.unit == "tokens":
        pool = option.memory.kv_cache_tokens if option else None
        return max(1, abs(pool.best)) if pool else 1
    return max(1, option.memory.total.best)


def missing_bytes(option: Candidate) -> int:
    """The largest gap of a candidate in bytes; missing tokens of cache count as the bytes they would take."""
    each = {"one whole request": option.memory.kv_bytes_per_token or 0}
    each["kv cache"] = each["one whole request"]
    gaps = [-item.margin * (each.get(item.name, 0) if item.unit == "tokens" else 1) for item in option.constraints]
    return max([0, *gaps])


def _beyond(option: Candidate) -> str:
    if option.overlong:
        return f"exceeds the model's longest context, {option.memory.max_model_len} tokens"
    return f"needs {gib(missing_bytes(option))} more on each card"


def next_better(found: Found) -> str:
    """What a step up would cost, in a sentence."""
    top = found.top
    if found.above is not None:
        step = f"the next better quality ({_caps(found.above)}) {_beyond(found.above)}"
        if found.above.rung != top.rung:
            step += f"; full quality ({_caps(top)}) {_beyond(top)}"
        return step[0].upper() + step[1:] + "."
    memory = found.best.memory
    each = memory.kv_bytes_per_token
    if each is None:
        return "Every image and frame already has the quality that was asked for."
    cost = gib(each * found.best.request.tokens * found.best.ranks)
    return (
        "Every image and frame already has the quality that was asked for. "
        f"One more request at once costs {cost}; the cache surely holds {pool_requests(found.best)} of the largest."
    )


def pool_requests(option: Candidate) -> int:
    """How many of the largest requests the cache surely holds, whatever max_num_seqs says."""
    pool = option.memory.kv_cache_tokens
    return max(0, pool.low // max(1, option.request.tokens)) if pool else 0


def _caps(option: Candidate) -> str:
    parts = []
    if option.rung.image_tokens:
        parts.append(f"{option.rung.image_tokens} tokens an image")
    if option.rung.frame_tokens:
        parts.append(f"{option.rung.frame_tokens} tokens a frame, {option.rung.frames} frames")
    return ", ".join(parts) or "text only"

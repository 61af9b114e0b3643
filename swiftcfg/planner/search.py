"""Search: the highest rung on which the high end of everything still fits."""

from collections.abc import Iterable, Iterator

from swiftcfg.errors import InputError
from swiftcfg.parallelism import obstacles, splits
from swiftcfg.planner.candidate import Candidate, Problem, candidate
from swiftcfg.planner.ladder import (
    LEAST_FRAMES,
    LEAST_IMAGE_TOKENS,
    LEAST_VIDEO_TOKENS,
    VIDEO_CEILING_TOKENS,
    Rung,
    between,
    ladder,
)
from swiftcfg.planner.variables import limits_of, sampling
from swiftcfg.tokens import never_shrink_pixels, smart_resize
from swiftcfg.values import dataclass

#: The library's own largest number of frames (qwen-vl-utils: FPS_MAX_FRAMES = 768).
LIBRARY_FRAMES = 768
#: Fewer than one frame in this many of what the workload asks for is no longer that workload.
MOST_THINNING = 4


@dataclass(frozen=True, slots=True)
class Found:
    """The best candidate that fits, or the nearest one that does not, and the rung above it (None: at the top)."""

    best: Candidate
    above: Candidate | None
    top: Candidate


def search(problem: Problem) -> Found:
    """The best candidate; where none fits, the lowest rung's that is nearest to fitting."""
    found = best_fitting(problem)
    if found:
        return found
    rungs = rungs_of(problem)
    lowest = [candidate(problem, rungs[-1], count, eager=True) for count in splits_of(problem)]
    nearest = max(lowest, key=shortfall)
    return Found(nearest, None, candidate(problem, rungs[0], nearest.ranks, eager=True))


def best_fitting(problem: Problem, least: Candidate | None = None) -> Found | None:
    """The best candidate that fits, None where none does, or none that is as good as ``least``.

    CUDA graphs are given up only where nothing fits with them. The number of GPUs is never a reason to
    shrink: any split up to all of them is looked at, the smallest that holds a rung is taken.
    """
    rungs, ranks = rungs_of(problem), splits_of(problem)
    if least is not None:
        rungs = (*(rung for rung in rungs if rung > least.rung), least.rung)
    last_resort = least is None or least.settings.enforce_eager or not problem.graphs
    for eager in (False,) * problem.graphs + (True,) * last_resort:
        usable = [count for count in ranks if candidate(problem, rungs[-1], count, eager=eager).fits]
        if usable:
            return _highest(problem, rungs, usable, eager=eager)
    return None


def shortfall(option: Candidate) -> float:
    """How much is missing where it misses most, as a share of what is there; 0 where all holds."""
    scale = {"bytes": option.memory.total.best, "tokens": option.memory.max_model_len or 1}
    return min((min(0, item.margin) / scale[item.unit] for item in option.constraints), default=-1.0)


def _highest(problem: Problem, rungs: tuple[Rung, ...], ranks: Iterable[int], *, eager: bool) -> Found:
    """Walk down to the first rung that fits, then look once more between it and the one above."""
    ranks = tuple(ranks)
    tried = _walk(problem, rungs, ranks, eager=eager)
    missed: Candidate | None = None
    top: Candidate | None = None
    for option in tried:
        top = top or option
        if option.fits:
            if missed is None:
                return Found(option, None, top)
            finer = list(_walk(problem, between(missed.rung, option.rung), ranks, eager=eager))
            fitting = next((place for place, fine in enumerate(finer) if fine.fits), None)
            if fitting is None:
                return Found(option, finer[-1] if finer else missed, top)
            return Found(finer[fitting], finer[fitting - 1] if fitting else missed, top)
        missed = option
    raise AssertionError("the lowest rung fitted before and does no more")


def _walk(problem: Problem, rungs: Iterable[Rung], ranks: tuple[int, ...], *, eager: bool) -> Iterator[Candidate]:
    """For each rung the smallest split that fits, else the one nearest to it; ends with the first that fits."""
    for rung in rungs:
        options = []
        for count in ranks:
            option = candidate(problem, rung, count, eager=eager)
            options.append(option)
            if option.fits:
                yield option
                return
        yield max(options, key=shortfall)


def splits_of(problem: Problem) -> tuple[int, ...]:
    """The tensor-parallel sizes to look at: what the operator wishes, or all that the model allows."""
    wish = problem.wishes.tensor_parallel_size
    if wish is None:
        whole = 1 if any(gpu.mig for gpu in problem.gpus) else len(problem.gpus)
        return splits(problem.model, whole)
    found = obstacles(problem.model, wish)
    if found:
        allowed = ", ".join(map(str, splits(problem.model, 8)))
        raise InputError(
            f"{problem.model.name} cannot be split over {wish} GPUs: {'; '.join(found)}",
            f"tensor parallel sizes that work, up to 8: {allowed}",
        )
    if wish > len(problem.gpus):
        raise InputError(
            f"tensor parallel size {wish} needs {wish} GPUs, and there are {len(problem.gpus)}",
            f"describe them all: --gpu {wish}x…",
        )
    return (wish,)


def rungs_of(problem: Problem) -> tuple[Rung, ...]:
    """The ladder of this workload on this model."""
    images = image_range(problem) if problem.workload.images_per_request else None
    if not problem.workload.videos_per_request:
        return ladder(images, None, None)
    return ladder(images, frame_range(problem), frames_range(problem))


def image_range(problem: Problem) -> tuple[int, int]:
    """(least, most) tokens of an image: what the shrink limit allows, and what shrinks nothing."""
    area = _factor(problem) ** 2
    sizes = [size for size, _ in problem.workload.image_sizes()]
    floor = limits_of(problem.model, problem.runtime, {}).constants.image_min // area
    most = max(floor, *(never_shrink_pixels(size, _factor(problem)) // area for size in sizes))
    least = max(_least_tokens(problem, size.width, size.height, most) for size in sizes)
    return least, most


def _least_tokens(problem: Problem, width: int, height: int, most: int) -> int:
    """The smallest cap that keeps both sides of an image at the workload's smallest scale."""
    factor = _factor(problem)
    scale = problem.workload.least_scale
    if scale >= 1:
        return most

    def kept(tokens: int) -> bool:
        resized_height, resized_width = smart_resize(height, width, factor, factor**2, tokens * factor**2)
        return min(resized_width / width, resized_height / height) >= scale

    low, high = min(LEAST_IMAGE_TOKENS, most), most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if kept(middle) else (middle + 1, high)
    return low


def frame_range(problem: Problem) -> tuple[int, int]:
    """(least, most) tokens of a frame: at most the library's own cap, less where clips are smaller."""
    factor = _factor(problem)
    native = max(never_shrink_pixels(clip.size, factor) // factor**2 for clip, _ in problem.workload.clips())
    most = min(int(VIDEO_CEILING_TOKENS), max(native, int(LEAST_VIDEO_TOKENS)))
    return min(int(LEAST_VIDEO_TOKENS), most), most


def frames_range(problem: Problem) -> tuple[int, int]:
    """(least, most) frames of a video: as many as the workload asks for, of its longest clip."""
    wanted = problem.workload.videos.max_frames if problem.workload.videos else None
    limits = limits_of(problem.model, problem.runtime, sampling(problem.workload, wanted or LIBRARY_FRAMES))
    most = max(limits.video(clip).frames for clip, _ in problem.workload.clips())
    return min(most, max(LEAST_FRAMES, most // MOST_THINNING)), most


def _factor(problem: Problem) -> int:
    if problem.model.vision is None:
        raise InputError(
            f"{problem.model.name} has no vision tower that swiftcfg knows, and this workload sends images or videos",
            "choose a vision-language model: swiftcfg models",
        )
    return problem.model.vision.factor

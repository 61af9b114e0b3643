"""Alternatives: other ways to serve the same workload, each worked out by the same search."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from swiftcfg.backend import route
from swiftcfg.gpu import Gpu
from swiftcfg.model import Model
from swiftcfg.planner.candidate import Candidate, Problem
from swiftcfg.planner.plan import Alternative
from swiftcfg.planner.search import Found, search
from swiftcfg.units import gib
from swiftcfg.workload import Workload

#: As many as a reader weighs.
MOST_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Market:
    """What else there is: the same model in fewer bits, and cards one could have instead, cheapest need first."""

    models: tuple[Model, ...] = ()
    gpus: tuple[Gpu, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A different problem, and what it costs the operator to have it."""

    words: str
    takes: str
    problem: Problem


def alternatives(problem: Problem, found: Found, market: Market) -> tuple[Alternative, ...]:
    """Up to three changes that serve better than what was found; or at all, where nothing was."""
    kept = []
    for change in changes(problem, market):
        other = search(change.problem)
        if other.best.fits and (gives := gain(problem, found.best, change.problem, other.best)):
            kept.append(Alternative(change.words, gives, change.takes, dict(other.best.variables)))
        if len(kept) == MOST_ALTERNATIVES:
            break
    return tuple(kept)


def changes(problem: Problem, market: Market) -> Iterator[Change]:
    """Changes in the order they are worth weighing: those that keep the workload come first."""
    yield from (Change(f"serve {model.name}", "the quality that quantisation costs", replace(problem, model=model))
                for model in market.models)  # fmt: skip
    if problem.kv_cache_dtype == "auto" and route("vllm", "kv_cache_dtype", problem.runtime.ms_swift):
        eight = replace(problem, kv_cache_dtype="fp8")
        yield Change("store keys and values in 8 bits (kv_cache_dtype fp8)", "a little accuracy; test it", eight)
    if not any(gpu.mig for gpu in problem.gpus) and problem.wishes.tensor_parallel_size is None:
        count = 2 * len(problem.gpus)
        yield Change(
            f"use {count} cards of this kind", f"{len(problem.gpus)} more", replace(problem, gpus=problem.gpus * 2)
        )
    yield from _smaller_workloads(problem)
    if len(problem.gpus) == 1:
        larger = (gpu for gpu in market.gpus if gpu.nvml_total > problem.gpus[0].nvml_total)
        yield from (Change(f"use one {gpu.name}", "another card", replace(problem, gpus=(gpu,))) for gpu in larger)


def _smaller_workloads(problem: Problem) -> Iterator[Change]:
    workload = problem.workload
    for count in _fewer(workload.concurrent_requests):
        less = workload.model_copy(update={"concurrent_requests": count})
        yield Change(f"answer {count} requests at once", "longer queues at the peak", replace(problem, workload=less))
    for count in _fewer(workload.images_per_request):
        images = workload.images and workload.images.model_copy(update={"per_request": count})
        less = workload.model_copy(update={"images": images})
        yield Change(f"allow {count} images a request", "clients must send fewer", replace(problem, workload=less))


def _fewer(count: int) -> Iterable[int]:
    """Half as many, and one."""
    return sorted({half for half in (count // 2, 1) if 1 <= half < count}, reverse=True)


def gain(problem: Problem, now: Candidate, changed: Problem, then: Candidate) -> str | None:
    """What a change gives over what there is, in words; None where it gives nothing that was asked for."""
    if not now.fits:
        return f"it fits: {caps_in_words(then, changed.workload)}"
    if (then.rung.image_tokens, then.rung.frame_tokens, then.rung.frames) > _caps(now):
        return caps_in_words(then, changed.workload)
    held, before = (option.memory.requests_at_once for option in (then, now))
    same = changed.workload == problem.workload and (*_caps(then),) == _caps(now)
    if same and held and before and held.low > before.low and _pool(then) > _pool(now):
        return f"the cache holds {_pool(then)} tokens instead of {_pool(now)}, with {gib(_cache(then))} for it"
    return None


def _caps(option: Candidate) -> tuple[int, int, int]:
    return option.rung.image_tokens, option.rung.frame_tokens, option.rung.frames


def _pool(option: Candidate) -> int:
    return option.memory.kv_cache_tokens.low if option.memory.kv_cache_tokens else 0


def _cache(option: Candidate) -> int:
    return option.memory.kv_cache_bytes.low if option.memory.kv_cache_bytes else 0


def caps_in_words(option: Candidate, workload: Workload) -> str:
    """The quality of a candidate in a phrase."""
    parts = []
    if workload.images_per_request:
        parts.append(f"up to {option.rung.image_tokens} tokens an image")
    if workload.videos_per_request:
        parts.append(f"up to {option.rung.frame_tokens} tokens a frame in {option.rung.frames} frames")
    return ", ".join(parts) or f"{workload.concurrent_requests} requests at once"

"""Alternatives: other ways to serve the same workload, each worked out by the same search."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from swiftcfg.backend import route
from swiftcfg.capability import card_faults, stores_fp8_cache
from swiftcfg.gpu import Gpu
from swiftcfg.model import Model
from swiftcfg.parallelism import splits
from swiftcfg.planner.candidate import Candidate, Problem
from swiftcfg.planner.plan import Alternative
from swiftcfg.planner.search import Found, best_fitting
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

#: As many as a reader weighs.
MOST_ALTERNATIVES = 3
#: Servers hold no more cards than this as a rule; more need several machines.
MOST_CARDS = 8
#: A cache this much larger is worth telling.
WORTHWHILE = 1.25


@dataclass(frozen=True, slots=True)
class Market:
    """What else there is: the same model in fewer bits, and other cards, smallest first."""

    models: tuple[Model, ...] = ()
    gpus: tuple[Gpu, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A different problem, and what it costs the operator to have it."""

    words: str
    takes: str
    problem: Problem


def alternatives(
    problem: Problem, found: Found, market: Market, most: int | None = MOST_ALTERNATIVES
) -> tuple[Alternative, ...]:
    """Up to ``most`` changes that serve better than what was found; or at all, where nothing was.

    Of each kind of change the smallest that helps is taken.
    """
    kept: list[Alternative] = []
    for kind in chain(_without_graphs(problem, found), kinds(problem, market, kept, fits=found.best.fits)):
        way = _first_that_helps(problem, found, kind)
        kept += [way] if way else []
        if len(kept) == most:
            break
    return tuple(kept)


def _first_that_helps(problem: Problem, found: Found, changes: Iterable[Change]) -> Alternative | None:
    for change in changes:
        other = best_fitting(change.problem, found.best if found.best.fits else None)
        gives = gain(problem, found.best, change.problem, other.best) if other else None
        if other and gives:
            return Alternative(change.words, gives, change.takes, dict(other.best.variables))
    return None


def kinds(problem: Problem, market: Market, kept: list[Alternative], *, fits: bool) -> Iterator[Iterable[Change]]:
    """Kinds of change in the order they are worth weighing, each from the least change to the largest.

    ``kept`` is what helped so far: two changes at once are only weighed where neither helps alone.
    """
    yield _fewer_bits(problem, market)
    yield _more_cards(problem, problem.model, "")
    if _may_store_eight_bits(problem):
        eight = replace(problem, kv_cache_dtype="fp8")
        yield [Change("store keys and values in 8 bits (kv_cache_dtype fp8)", _takes_of_eight_bits(problem), eight)]
    if not fits and not kept:
        yield chain.from_iterable(
            _more_cards(replace(problem, model=model), model, f"serve {model.name} and ")
            for model in servable(problem, market)
        )
    if len(problem.gpus) == 1:
        larger = [gpu for gpu in market.gpus if gpu.nvml_total > problem.gpus[0].nvml_total]
        yield [Change(f"use one {gpu.name}", "another card", replace(problem, gpus=(gpu,))) for gpu in larger]
    yield from _smaller_workloads(problem)
    if fits and len(problem.gpus) == 1:
        smaller = [gpu for gpu in market.gpus if gpu.nvml_total < problem.gpus[0].nvml_total]
        yield [Change(f"use one {gpu.name}", "room to grow", replace(problem, gpus=(gpu,))) for gpu in smaller]


def _without_graphs(problem: Problem, found: Found) -> Iterator[list[Change]]:
    """CUDA graphs are kept at the cost of quality; somebody may want it the other way round."""
    if found.best.fits and found.above is not None and not found.best.settings.enforce_eager:
        yield [Change("give up CUDA graphs (enforce_eager)", "slower answers", replace(problem, graphs=False))]


def _may_store_eight_bits(problem: Problem) -> bool:
    return (
        problem.kv_cache_dtype == "auto"
        and route("vllm", "kv_cache_dtype", problem.runtime.ms_swift) is not None
        and stores_fp8_cache(problem.gpus, problem.runtime)
    )


def _takes_of_eight_bits(problem: Problem) -> str:
    known = all(gpu.compute_capability for gpu in problem.gpus)
    return "a little accuracy; test it" if known else "a little accuracy; test it, on Ada, Hopper or newer"


def _fewer_bits(problem: Problem, market: Market) -> list[Change]:
    return [
        Change(f"serve {model.name}", "the quality that quantisation costs", replace(problem, model=model))
        for model in servable(problem, market)
    ]


def servable(problem: Problem, market: Market) -> tuple[Model, ...]:
    """The builds in fewer bits that these cards can compute."""
    return tuple(model for model in market.models if not card_faults(model, problem.gpus, problem.runtime))


def _more_cards(problem: Problem, model: Model, prefix: str) -> Iterator[Change]:
    """Twice, four times, eight times as many of the same card, up to eight in all."""
    here = len(problem.gpus)
    if any(gpu.mig for gpu in problem.gpus) or problem.wishes.tensor_parallel_size is not None:
        return
    for times in (2, 4, 8):
        if here * times <= MOST_CARDS and splits(model, here * times)[-1] > here:
            words = f"{prefix}use {here * times} cards of this kind"
            yield Change(words, _more(here * times - here), replace(problem, gpus=problem.gpus * times))


def _more(cards: int) -> str:
    return "one more card" if cards == 1 else f"{cards} more cards"


def _smaller_workloads(problem: Problem) -> Iterator[list[Change]]:
    workload = problem.workload
    yield [
        Change(
            f"answer {count} at once" if count > 1 else "answer one request at a time",
            "longer queues at the peak",
            replace(problem, workload=replace(workload, concurrent_requests=count)),
        )
        for count in _fewer(workload.concurrent_requests)
    ]
    if workload.images is not None:
        yield [
            Change(
                f"allow {count} images a request" if count > 1 else "allow one image a request",
                "clients must send fewer",
                replace(problem, workload=_with_images(workload, count)),
            )
            for count in _fewer(workload.images_per_request)
        ]


def _with_images(workload: Workload, count: int) -> Workload:
    return replace(workload, images=workload.images and replace(workload.images, per_request=count))


def _fewer(count: int) -> list[int]:
    """Half as many, half of that, down to one."""
    counts = []
    while count > 1:
        count //= 2
        counts.append(count)
    return counts


def gain(problem: Problem, now: Candidate, changed: Problem, then: Candidate) -> str | None:
    """What a change gives over what there is, in words; None where it gives nothing worth its cost."""
    if not now.fits:
        return f"it fits, {caps_in_words(then, changed.workload)}"
    if then.rung > now.rung:
        return caps_in_words(then, changed.workload)
    same = changed.workload == problem.workload and then.rung == now.rung
    return _gain_at_same_quality(problem, now, changed, then) if same else None


def _gain_at_same_quality(problem: Problem, now: Candidate, changed: Problem, then: Candidate) -> str | None:
    if now.settings.enforce_eager and not then.settings.enforce_eager:
        return "the same quality with CUDA graphs, which decode faster"
    if len(changed.gpus) == 1 and changed.gpus[0].nvml_total < problem.gpus[0].nvml_total:
        return "the same quality and concurrency on a smaller card"
    if _pool(then) >= WORTHWHILE * _pool(now):
        return f"the same quality, and a cache of {_pool(then)} tokens instead of {_pool(now)}"
    return None


def _pool(option: Candidate) -> int:
    return option.memory.kv_cache_tokens.low if option.memory.kv_cache_tokens else 0


def caps_in_words(option: Candidate, workload: Workload) -> str:
    """The quality of a candidate in a phrase."""
    parts = []
    if workload.images_per_request:
        parts.append(f"up to {option.rung.image_tokens} tokens an image")
    if workload.videos_per_request:
        parts.append(f"up to {option.rung.frame_tokens} tokens a frame in {option.rung.frames} frames")
    return ", ".join(parts) or f"{workload.concurrent_requests} requests at once"

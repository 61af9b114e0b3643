"""The planner: from model, GPUs, workload and runtime to settings that lose the least quality and surely fit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from swiftcfg.capability import card_faults
from swiftcfg.errors import InputError, NoFitError
from swiftcfg.planner.advice import THIS_PLAN, Note, Situation, advice
from swiftcfg.planner.alternatives import Market, alternatives, caps_in_words, servable
from swiftcfg.planner.candidate import Candidate, Problem, Reserve, candidate
from swiftcfg.planner.plan import Alternative, Item, Plan, Setting
from swiftcfg.planner.quality import items_of
from swiftcfg.planner.reasons import binding, missing_bytes, next_better, pool_requests, variable_reasons
from swiftcfg.planner.search import Found, search
from swiftcfg.planner.settings import settings_of
from swiftcfg.planner.wishes import Wishes
from swiftcfg.runtime import PACKAGES
from swiftcfg.units import gib

__all__ = ["Alternative", "Item", "Market", "Note", "Plan", "Problem", "Reserve", "Setting", "Wishes", "make_plan"]

#: ms-swift's own default of max_num_seqs; a batch service gets no more than this.
MOST_SEQUENCES = 256
#: Limits named where several break: the first ones explain the others.
MOST_FAULTS = 2
#: The remedy where no change that was tried helps.
NO_WAY = "choose a smaller model, a smaller workload or a larger card"
#: The same, where the model's own context is too short.
LONGER_CONTEXT = "ask for shorter answers, send less in one request, or choose a model of a longer context"


def make_plan(problem: Problem, market: Callable[[], Market], advice_rows: Iterable[Mapping[str, Any]]) -> Plan:
    """The plan; raises NoFitError with what is missing and the ways out where nothing fits.

    ``market`` is asked for only where other models and cards are weighed.
    """
    check_known(problem)
    faults = card_faults(problem.model, problem.gpus, problem.runtime)
    if faults:
        raise NoFitError("; ".join(faults), _builds_in_words(problem, market()))
    found = search(problem)
    if not found.best.fits:
        raise refusal(problem, found, market())
    chosen = widened(problem, found.best)
    found = replace(found, best=chosen)
    items = items_of(problem.model, problem.workload, chosen)
    reasons = variable_reasons(problem, found, items)
    shrunk = any(item.shrunk for item in items if item.kind == "image")
    situation = Situation(
        problem.model, problem.runtime, problem.workload.task, bool(problem.workload.videos_per_request), shrunk
    )
    return Plan(
        model=problem.model,
        gpus=chosen.gpus,
        runtime=problem.runtime,
        workload=problem.workload,
        settings=settings_of(problem, chosen, reasons),
        items=items,
        request_tokens=chosen.request.tokens,
        memory=chosen.memory,
        binding=binding(found),
        full_quality=found.above is None,
        constraints=chosen.constraints,
        next_better=next_better(found),
        alternatives=alternatives(problem, found, market()),
        notes=(*_own_notes(problem, chosen), *advice(advice_rows, situation)),
        tensor_parallel_size=chosen.ranks,
        api_key_env=problem.wishes.api_key_env,
    )


def check_known(problem: Problem) -> None:
    """A plan needs the whole model and a vLLM; what is missing is named."""
    model = problem.model
    if problem.runtime.vllm is None:
        raise InputError(
            "vLLM is not installed in the environment that would serve, and a plan needs its version",
            "install vLLM there, or give its version: --vllm 0.23.0",
        )
    blind = model.sees and (model.vision is None or model.limits is None)
    if model.text is None or model.weights is None or blind:
        raise InputError(
            f"too little is known of {model.name} to plan: " + "; ".join(model.unknowns or ("a part is missing",)),
            "give a complete checkpoint folder, or a name that swiftcfg models lists",
        )


def _builds_in_words(problem: Problem, market: Market) -> str:
    builds = [model.name for model in servable(problem, market)]
    return f"builds that these cards compute: {', '.join(builds)}" if builds else "choose newer cards or another model"


def widened(problem: Problem, chosen: Candidate) -> Candidate:
    """For a batch service as many requests at once as the cache surely holds; else the candidate as it is."""
    if problem.workload.latency != "batch":
        return chosen
    count = min(MOST_SEQUENCES, pool_requests(chosen))
    if count <= problem.workload.concurrent_requests:
        return chosen
    wider = replace(problem, workload=replace(problem.workload, concurrent_requests=count))
    option = candidate(wider, chosen.rung, chosen.ranks, eager=chosen.settings.enforce_eager)
    return option if option.fits else chosen


def refusal(problem: Problem, found: Found, market: Market) -> NoFitError:
    """Why nothing fits, how much is missing, and what would."""
    nearest = found.best
    ways = [f"\n  - {way.change}: {way.gives}" for way in alternatives(problem, found, market, most=None)]
    cards = f"{len(problem.gpus)}x " if len(problem.gpus) > 1 else ""
    what = f"{problem.model.name} cannot serve {problem.workload.name} on {cards}{problem.gpus[0].name}"
    least = f"even at the least quality allowed ({caps_in_words(nearest, problem.workload)})"
    hint = "what would fit:" + "".join(ways) if ways else LONGER_CONTEXT if nearest.overlong else NO_WAY
    return NoFitError(f"{what}, {least}: {_fault(nearest)}.", hint)


def _fault(nearest: Candidate) -> str:
    """What breaks: the context, which no memory makes longer, or how much memory is missing and where."""
    if nearest.overlong:
        return (
            f"the largest request has {nearest.request.tokens} tokens with its answer, "
            f"and the longest context of the model is {nearest.memory.max_model_len}"
        )
    broken = (item for item in nearest.constraints if not item.holds)
    worst = sorted(broken, key=lambda item: (item.unit, item.margin))[:MOST_FAULTS]
    why = "; ".join(item.sentence for item in worst) or "; ".join(nearest.memory.reasons)
    return f"about {gib(missing_bytes(nearest))} a card are missing. At worst, {why}"


def _own_notes(problem: Problem, chosen: Candidate) -> Iterable[Note]:
    """What the planner itself has to say about its choice."""
    spare = len(problem.gpus) - chosen.ranks
    if spare > 0:
        yield Note(
            "spare-gpus",
            f"{spare} of {len(problem.gpus)} cards stay free: the workload fits {chosen.ranks}. "
            "Start a second server on them for more throughput.",
            THIS_PLAN,
        )
    if problem.model.local and not problem.model.location.startswith("/"):
        yield Note(
            "relative-folder",
            f"The model is given as {problem.model.location}, seen from here: started in another folder, ms-swift "
            "takes it for a name of the hub. Start it here, or plan with the whole path.",
            THIS_PLAN,
            warning=True,
        )
    if chosen.settings.enforce_eager:
        yield Note(
            "eager",
            "CUDA graphs are given up (enforce_eager), since nothing fits with them: answers come more slowly.",
            THIS_PLAN,
            warning=True,
        )
    assumed = problem.workload.assumed()
    if assumed:
        yield Note(
            "assumed", "Not stated by the workload, so taken from defaults: " + ", ".join(assumed) + ".", THIS_PLAN
        )
    for note in chosen.limits.notes if chosen.limits else ():
        if note.name in PACKAGES:
            yield Note("version", f"{note.reason}.", THIS_PLAN)
    for text in (*problem.model.unknowns, *chosen.memory.notes):
        yield Note("model", text, THIS_PLAN)
    if problem.wishes.public and problem.wishes.api_key_env is None:
        yield Note(
            "public-without-key",
            f"The server listens on {problem.wishes.host} without a key: anyone who reaches it can use it. "
            "Give --api-key-env NAME, or keep --host 127.0.0.1.",
            THIS_PLAN,
            warning=True,
        )

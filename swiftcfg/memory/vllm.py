"""The account of one vLLM rank: budget, what goes off it, what stays for the cache, what comes on top."""

import math
from collections.abc import Iterable

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.case import Case
from swiftcfg.memory.defaults import GIVEN, SWIFT_MAX_NUM_SEQS, Batch, resolve_batch, utilization
from swiftcfg.memory.first_run import FirstRun, first_run
from swiftcfg.memory.items import Encoder, profile
from swiftcfg.memory.judge import bytes_constraint, requests_held, there_are, unread_images, verdict_of
from swiftcfg.memory.kv import kv_bytes_per_token, pool_tokens, request_blocks
from swiftcfg.memory.loaded import loaded
from swiftcfg.memory.plan import Constraint, MemoryPlan, Server, StartCheck, Term
from swiftcfg.memory.reach import unread_limits
from swiftcfg.memory.runtime_use import graphs, growth, nccl, uncounted_buffers, workspaces
from swiftcfg.memory.versions import behaviour_of, version_notes
from swiftcfg.model import Model
from swiftcfg.runtime import DEFAULT_VERSIONS, Runtime
from swiftcfg.units import Range, Tokens, gib
from swiftcfg.values import dataclass

_NOTHING = Range.exactly(0)

#: vllm@0.11.0:vllm/model_executor/models/qwen3_vl.py; absent in 0.10.2.
_FIRST_QWEN3_VL = Version("0.11.0")

START_CHECK_SOURCE = "vllm@0.9.2:vllm/v1/worker/gpu_worker.py:140-153, vllm@0.32.0:vllm/v1/worker/utils.py:716-771"

_BATCH_SOURCE = "vllm@0.23.0:vllm/config/scheduler.py verify_max_model_len"

#: Positions to count with where neither the command nor the model gives a length; the plan is ``unknown`` then.
_SOME_LENGTH = Tokens(8192)


@dataclass(frozen=True, slots=True)
class Account:
    """The sums of a plan before it is judged."""

    terms: tuple[Term, ...]
    budget: Range
    outside: Range
    pool: Range | None
    per_token: int | None
    unknowns: tuple[str, ...]


def plan_vllm(model: Model, gpu: Gpu, runtime: Runtime, settings: EngineSettings, server: Server) -> MemoryPlan:
    """The account of one rank on one GPU."""
    version = Version(runtime.vllm.base_version if runtime.vllm else DEFAULT_VERSIONS["vllm"])
    behaviour = behaviour_of(version, gpu.compute_capability, settings.use_v1)
    batch = resolve_batch(model, gpu, behaviour, settings, server)
    unknowns = _unknowns(model, settings, version, length_known=batch is not None)
    if runtime.vllm is None:
        unknowns = (*unknowns, f"the version of vLLM is not known; the numbers are those of {version}")
    if batch is None:
        batch = Batch(_SOME_LENGTH, settings.max_num_seqs or SWIFT_MAX_NUM_SEQS, _SOME_LENGTH, "not known")
    case = Case(model, gpu, version, behaviour, settings, server, batch)
    encoder = profile(model, batch, behaviour, settings)
    run = first_run(case, encoder)
    return _plan(case, encoder, run, _account(case, run, unknowns))


def _unknowns(model: Model, settings: EngineSettings, version: Version, *, length_known: bool) -> tuple[str, ...]:
    found = [*settings.unknowns, *unread_images(model)]
    if model.weights is None:
        found.append("the bytes of the weights are not known")
    if model.text is None:
        found.append("the size of the language model is not known")
    if model.vision is not None and model.limits is None:
        found.append("the largest image that the processor makes is not known, so the vision profile is not, either")
    if model.vision is not None and model.vision.kind == "qwen3_vl" and version < _FIRST_QWEN3_VL:
        found.append(f"vLLM {version} does not have Qwen3-VL, which came with {_FIRST_QWEN3_VL}")
    if not length_known:
        found.append("the longest context is not known; give a max_model_len")
    return tuple(found)


def _account(case: Case, run: FirstRun, unknowns: tuple[str, ...]) -> Account:
    """Lay out every term, then take from the budget what is inside it."""
    share, total = utilization(case.behaviour, case.settings, case.server), case.gpu.cuda_total
    inside = _inside(case, run)
    around = _around(case)
    taken = total_of(term for term in (*inside, *around) if term.inside_budget)
    outside = total_of(term for term in around if not term.inside_budget)
    per_token, why = kv_bytes_per_token(case.model, case.settings)
    fixed = case.settings.kv_cache_memory
    budget = taken + Range.exactly(fixed) if fixed else _share_of_total(case)
    pool: Range | None = Range.exactly(fixed) if fixed else budget - taken
    if case.model.weights is None:
        pool = None
    source = f"{total.best} x {share} (rounded up)" if not fixed else "everything counted, and the cache that is given"
    ends = [
        Term("total", total, case.gpu.source, inside_budget=False),
        Term("budget", budget, source, inside_budget=False),
        *inside,
        *around,
    ]
    if pool is not None:
        ends.append(Term("kv cache", pool, f"what the budget leaves; {why}", inside_budget=True))
    if per_token is None and case.model.text is not None:
        unknowns = (*unknowns, why)
    return Account(tuple(ends), budget, outside, pool, per_token, unknowns)


def total_of(terms: Iterable[Term]) -> Range:
    """The sum of terms, leaving out those that another one contains."""
    amounts = [term.amount for term in terms if term.part_of is None]
    return Range(*(sum(getattr(amount, bound) for amount in amounts) for bound in ("low", "best", "high")))


def _inside(case: Case, run: FirstRun) -> list[Term]:
    """Weights and the first run: always inside the budget."""
    on_card = loaded(case.model, case.settings, case.batch.tokens)
    terms = []
    if on_card is not None:
        terms.append(Term("weights", on_card.weights, on_card.weights_source, inside_budget=True))
        terms.append(Term("loader tables", on_card.tables, on_card.tables_source, inside_budget=True))
        if on_card.lora is not None:
            source = f"{case.settings.max_loras} x rank {case.settings.max_lora_rank} (vllm@0.20.0:vllm/lora/layers)"
            terms.append(Term("lora buffers", on_card.lora, source, inside_budget=True))
    return [*terms, run.activation, *run.parts]


def _around(case: Case) -> list[Term]:
    """Terms that the version puts inside the budget or outside it."""
    place = case.behaviour.context_inside
    context = Term("cuda context", case.gpu.context, case.gpu.source, place)
    terms = [context, nccl(case), workspaces(case), graphs(case), uncounted_buffers(case), growth(case)]
    if place and case.gpu.used:
        source = "other processes, charged to this engine (vllm@0.8.5:vllm/v1/worker/gpu_worker.py:195-210)"
        terms.append(Term("other processes", Range.exactly(case.gpu.used), source, inside_budget=True))
    return terms


def _plan(case: Case, encoder: Encoder, run: FirstRun, account: Account) -> MemoryPlan:
    """Judge the account and put it together."""
    checked = _start_check(case, account)
    tokens = None
    if account.pool is not None and account.per_token is not None:
        tokens = pool_tokens(account.pool, account.per_token)
    constraints = tuple(_constraints(case, account, checked, tokens))
    verdict, reasons = verdict_of(constraints, account.unknowns)
    length = case.batch.max_model_len if case.model.text or case.settings.max_model_len else None
    return MemoryPlan(
        terms=account.terms,
        total=case.gpu.cuda_total,
        used=case.gpu.used,
        budget=account.budget,
        outside_budget=account.outside,
        room=_room(case, account),
        kv_bytes_per_token=account.per_token,
        kv_cache_bytes=account.pool,
        kv_cache_tokens=tokens,
        profiled_item=encoder.item,
        encoder_cache_tokens=encoder.cache_tokens if case.model.vision else None,
        max_model_len=length,
        max_num_seqs=case.batch.max_num_seqs,
        max_num_batched_tokens=case.batch.tokens,
        requests_at_once=requests_held(tokens, case.batch.max_model_len, case.batch.max_num_seqs) if tokens else None,
        start_check=checked,
        vision=run.vision,
        constraints=constraints,
        verdict=verdict,
        reasons=reasons,
        notes=tuple(_notes(case, encoder)),
        unknowns=account.unknowns,
        skipped=_skipped(account),
    )


def _start_check(case: Case, account: Account) -> StartCheck | None:
    if not case.behaviour.checks_start:
        return None
    requested = _share_of_total(case)
    free = case.gpu.free_before_context() - _held_at_start(case, account)
    return StartCheck(free, requested, START_CHECK_SOURCE)


def _share_of_total(case: Case) -> Range:
    share = utilization(case.behaviour, case.settings, case.server)
    total = case.gpu.cuda_total
    return Range(*(math.ceil(amount * share) for amount in (total.low, total.best, total.high)))


def _held_at_start(case: Case, account: Account) -> Range:
    """What the process itself holds when it looks at the free memory."""
    communication = (term for term in account.terms if term.name == "nccl" and not term.inside_budget)
    return case.gpu.context + total_of(communication)


def _room(case: Case, account: Account) -> Range:
    """What the card has beyond other processes and the budget. Total and budget move together."""
    total, used = case.gpu.cuda_total, 0 if case.behaviour.context_inside else case.gpu.used
    left = sorted(
        amount - used - asked
        for amount, asked in zip(
            (total.low, total.best, total.high),
            (account.budget.low, account.budget.best, account.budget.high),
            strict=True,
        )
    )
    return Range(left[0], left[1], left[2])


def _constraints(
    case: Case, account: Account, checked: StartCheck | None, tokens: Range | None
) -> Iterable[Constraint]:
    """What must hold before any request is known."""
    if checked is not None:
        yield _start_constraint(case, account, checked)
    spare = case.batch.tokens - case.batch.max_num_seqs
    if spare < 0:
        yield Constraint(
            "batch", spare, spare, "tokens",
            f"the engine refuses to start with more sequences at once (max_num_seqs {case.batch.max_num_seqs}) than "
            f"tokens in a step (max_num_batched_tokens {case.batch.tokens}) ({_BATCH_SOURCE})",
        )  # fmt: skip
    sentence = "the engine takes {needs} beyond its budget, the card leaves {has}"
    yield bytes_constraint("outside the budget", account.outside, _room(case, account), sentence)
    if account.pool is not None:
        yield bytes_constraint("budget", _NOTHING, account.pool, _pool_sentence(account.pool))
    if tokens is not None:
        needed, length = request_blocks(case.batch.max_model_len), case.batch.max_model_len
        yield Constraint(
            "one whole request", tokens.low - needed, tokens.best - needed, "tokens",
            f"one request of max_model_len {length} needs {needed} tokens of cache, {there_are(tokens)}",
        )  # fmt: skip


def _pool_sentence(pool: Range) -> str:
    if pool.best < 0:
        return f"weights, first run and libraries take {gib(-pool.best)} more than the budget"
    return "weights, first run and libraries leave {has} of the budget for the cache"


def _start_constraint(case: Case, account: Account, checked: StartCheck) -> Constraint:
    """Total cancels out: free is the total less others and the process, what is asked is a share of the total."""
    share = utilization(case.behaviour, case.settings, case.server)
    held, total = _held_at_start(case, account), case.gpu.cuda_total
    worst, likely = (int(amount * (1 - share)) - case.gpu.used for amount in (total.low, total.best))
    asked, free = gib(checked.requested.best), gib(max(0, checked.free.best))
    sentence = f"the engine asks for {asked} at the start, {free} are free then"
    return Constraint("start check", worst - held.high, likely - held.best, "bytes", sentence)


def _notes(case: Case, encoder: Encoder) -> Iterable[str]:
    yield from version_notes(case.version)
    yield from unread_limits(case)
    if case.batch.source != GIVEN:
        yield f"max_num_batched_tokens is {case.batch.tokens}: {case.batch.source}."
    if case.settings.skip_mm_profiling and case.model.vision:
        yield "skip_mm_profiling leaves the vision tower out: the first large image takes memory that nobody kept."
    if encoder.item and encoder.item.dummy_tokens < encoder.item.tokens_per_item:
        yield (
            f"The engine counts {encoder.item.tokens_per_item} tokens for its largest {encoder.item.modality} "
            f"but draws one of {encoder.item.dummy_tokens}; larger ones take memory at run time that was not kept."
        )
    if case.settings.data_parallel_size > 1:
        yield f"This is one rank of one of {case.settings.data_parallel_size} replicas; each has cards of its own."
    if case.settings.pipeline_parallel_size > 1:
        yield "A pipeline stage is counted as an even share of the layers, with embedding, head and tower."


def _skipped(account: Account) -> tuple[str, ...]:
    return ("tokens of cache and requests at once",) if account.per_token is None else ()

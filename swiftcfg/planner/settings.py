"""Settings: a candidate spelt as flags and variables of this ms-swift version, each with its reason."""

import json
from collections.abc import Iterator

from swiftcfg.backend import backend_word, flag_name
from swiftcfg.errors import InputError
from swiftcfg.planner.candidate import (
    CONTEXT_STEP,
    DEFAULT_LORA_RANK,
    LEAST_BATCH,
    Candidate,
    Problem,
    engine_keywords,
)
from swiftcfg.planner.plan import Setting
from swiftcfg.units import gib


def settings_of(problem: Problem, chosen: Candidate, reasons: dict[str, str]) -> tuple[Setting, ...]:
    """All settings in the order they are written; ``reasons`` are those of the variables."""
    variables = tuple(
        Setting(name, value, "variable", reasons.get(name, "")) for name, value in chosen.variables.items()
    )
    return (*_devices(chosen), *variables, *_what(problem, chosen), *_engine(problem, chosen), *_server(problem))


def _devices(chosen: Candidate) -> Iterator[Setting]:
    """Which cards to use, where they were seen by NVML; a catalogue card has no number to give.

    Of a card that is cut CUDA takes the first instance, so its number is enough; vLLM has trouble with UUIDs.
    """
    names = [gpu.uuid if gpu.instance else gpu.index for gpu in chosen.gpus]
    if any(name is None for name in names):
        return
    cards = "the card" if len(names) == 1 else f"the {len(names)} cards"
    yield Setting("CUDA_DEVICE_ORDER", "PCI_BUS_ID", "variable", "Number cards as NVML and nvidia-smi do.")
    yield Setting(
        "CUDA_VISIBLE_DEVICES", ",".join(map(str, names)), "variable", f"Use {cards} with the most free memory."
    )


def _what(problem: Problem, chosen: Candidate) -> Iterator[Setting]:
    model = problem.model
    yield Setting("model", model.location, "flag", "What to serve.")
    if model.local and model.model_type:
        yield Setting(
            "model_type", model.model_type, "flag", "A folder's name may not tell ms-swift what the model is."
        )
    if model.local and model.template:
        yield Setting(
            "template", model.template, "flag", "Some model types have several templates; ms-swift does not guess."
        )
    if model.adapter:
        one = len(model.adapters) == 1
        reason = f"The LoRA adapter{'' if one else 's'}, rank {model.adapter.rank}{'' if one else ' at most'}."
        yield Setting("adapters", " ".join(model.adapters), "flag", reason, model.adapters)
    if chosen.settings.torch_dtype:
        yield Setting(
            "torch_dtype", chosen.settings.torch_dtype, "flag",
            "Cards before compute capability 8.0 have no bfloat16, and vLLM refuses to start with it.",
        )  # fmt: skip
    word = backend_word("vllm", problem.runtime.ms_swift)
    yield Setting(
        "infer_backend", word, "flag", "Without it ms-swift serves with transformers and ignores every vLLM flag."
    )


def _engine(problem: Problem, chosen: Candidate) -> Iterator[Setting]:
    settings, memory = chosen.settings, chosen.memory
    yield _knob(
        problem, "gpu_memory_utilization", f"{settings.gpu_memory_utilization:g}",
        f"Of {gib(memory.total.low)} that CUDA sees, up to {gib(memory.outside_budget.high)} live outside vLLM's budget"
        + (f" and other processes hold {gib(memory.used)}." if memory.used else "."),
    )  # fmt: skip
    yield _knob(
        problem, "max_model_len", str(settings.max_model_len), _length_reason(chosen),
    )  # fmt: skip
    yield _knob(
        problem, "max_num_seqs", str(settings.max_num_seqs),
        _at_once(problem, chosen),
    )  # fmt: skip
    if settings.tensor_parallel_size > 1:
        ranks = settings.tensor_parallel_size
        yield _knob(problem, "tensor_parallel_size", str(ranks), f"The model is split over {ranks} cards.")
    if settings.media_limits:
        counts = {kind: limit.count for kind, limit in settings.media_limits.items()}
        unserved = [kind for kind, count in counts.items() if not count]
        reason = "What one request may carry."
        if unserved:
            reason += f" 0 for {unserved[0]} keeps vLLM from reserving memory for one at start-up."
        yield _knob(problem, "limit_mm_per_prompt", json.dumps(counts), reason)
    if settings.max_lora_rank > DEFAULT_LORA_RANK and problem.model.adapter:
        reason = f"The adapter has rank {problem.model.adapter.rank}, and vLLM refuses more than it is told."
        yield _knob(problem, "max_lora_rank", str(settings.max_lora_rank), reason)
    if settings.enforce_eager:
        yield _knob(problem, "enforce_eager", "true", "Nothing fits with CUDA graphs; decoding is slower without them.")
    yield from _keywords(problem, chosen)


def _length_reason(chosen: Candidate) -> str:
    reason = f"The largest request has {chosen.request.tokens} tokens, its answer included."
    if (chosen.settings.max_model_len or 0) >= chosen.request.tokens + CONTEXT_STEP:
        reason += " More than that, because this vLLM takes no larger videos than its longest context makes it draw."
    return reason


def _at_once(problem: Problem, chosen: Candidate) -> str:
    asked, most = problem.workload.concurrent_requests, chosen.settings.max_num_seqs
    if most != asked:
        return f"The workload asks for {asked} at once and runs as a batch: the cache holds {most}."
    return f"{asked} at once, as the workload asks for; more than that wait in line."


def _keywords(problem: Problem, chosen: Candidate) -> Iterator[Setting]:
    keywords = engine_keywords(chosen.settings)
    if not keywords:
        return
    reasons = []
    if "mm_processor_kwargs" in keywords:
        reasons.append(
            "vLLM does not see MAX_PIXELS: this makes its start-up profile as large as the largest item really served."
        )
    if "max_num_batched_tokens" in keywords:
        many = (chosen.settings.max_num_seqs or 0) > LEAST_BATCH
        what = "every request at once" if many else "the vision tower's largest item"
        reasons.append(f"One step must have room for {what}.")
    if "kv_cache_dtype" in keywords:
        reasons.append("Keys and values are stored in 8 bits.")
    yield _knob(problem, "engine_kwargs", json.dumps(keywords), " ".join(reasons))


def _server(problem: Problem) -> Iterator[Setting]:
    wishes, workload = problem.wishes, problem.workload
    yield Setting(
        "max_new_tokens", str(workload.answer_tokens), "flag", "The longest answer, for requests that give none."
    )
    if wishes.served_model_name:
        yield Setting("served_model_name", wishes.served_model_name, "flag", "What clients call the model.")
    reach = "Other machines can reach the server." if wishes.public else "Only this machine can reach the server."
    yield Setting("host", wishes.host, "flag", reach)
    yield Setting(
        "port", str(wishes.port), "flag", "If it is taken, ms-swift silently takes the next one: read its log."
    )


def _knob(problem: Problem, knob: str, value: str, reason: str) -> Setting:
    """A setting of vLLM under the name that this ms-swift version gives it."""
    name = flag_name("vllm", knob, problem.runtime.ms_swift)
    if name is None:
        raise InputError(
            f"ms-swift {problem.runtime.ms_swift} has no flag for {knob}", "serve with ms-swift 3.0 or newer"
        )
    return Setting(name, value, "flag", reason)

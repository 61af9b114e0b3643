"""Backends: each one's name for the same knob, by ms-swift release, as rows of a table.

A knob is called as vLLM calls it without a prefix. ``since`` is the first release that has the spelling;
tests hold every row against knowledge/flags/, so the rows need no other source.
"""

from collections.abc import Mapping

from packaging.version import Version

from swiftcfg.engine import BackendName
from swiftcfg.flags import FlagCatalog
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """Where a knob is written: a flag, or a key inside the JSON value of that flag."""

    flag: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Spelling:
    """One name of a knob and the releases that have it. ``until`` is the first that has it no more."""

    backend: BackendName
    knob: str
    name: str
    since: Version
    until: Version | None = None

    def holds_in(self, ms_swift: Version) -> bool:
        return self.since <= ms_swift and (self.until is None or ms_swift < self.until)


#: The release that put the engine's name before every flag of vLLM and LMDeploy.
PREFIXED = Version("3.7.0")

#: Six of vLLM's old names stayed accepted from 3.7.0 on and override the new ones without a word, until 3.10.0
#: refused them (ms-swift@3.7.0:swift/trainers/arguments.py:179-203; gone in ms-swift@3.10.0).
ALIASED_UNTIL = Version("3.10.0")
ALIASED = frozenset({
    "gpu_memory_utilization", "tensor_parallel_size", "max_model_len", "limit_mm_per_prompt",
    "data_parallel_size", "use_async_engine",
})  # fmt: skip

#: vLLM's flags that had no prefix at first, and the release they came with.
_VLLM_UNPREFIXED = {
    "gpu_memory_utilization": "2.0.0", "tensor_parallel_size": "2.0.0", "max_num_seqs": "2.0.0",
    "max_model_len": "2.0.0", "enforce_eager": "2.0.0", "limit_mm_per_prompt": "2.0.0",
    "disable_custom_all_reduce": "2.0.0", "pipeline_parallel_size": "3.0.0", "enable_prefix_caching": "3.1.0",
    "use_async_engine": "3.3.1", "data_parallel_size": "3.4.0",
}  # fmt: skip
#: vLLM's flags that had their prefix from the start.
_VLLM_PREFIXED = {
    "max_lora_rank": "2.0.0", "quantization": "3.4.0", "enable_expert_parallel": "3.7.0",
    "reasoning_parser": "3.8.0", "disable_cascade_attn": "3.8.0", "mm_processor_cache_gb": "3.9.2",
    "engine_kwargs": "3.10.0", "speculative_config": "3.11.0",
}  # fmt: skip
#: LMDeploy's own words, which all got a prefix in 3.7.0.
_LMDEPLOY = {
    "tensor_parallel_size": ("tp", "2.0.0"), "max_model_len": ("session_len", "3.0.0"),
    "gpu_memory_utilization": ("cache_max_entry_count", "2.0.0"), "kv_cache_dtype": ("quant_policy", "2.0.0"),
    "vision_batch_size": ("vision_batch_size", "2.0.0"),
}  # fmt: skip
_SGLANG = {
    "gpu_memory_utilization": "mem_fraction_static", "tensor_parallel_size": "tp_size",
    "pipeline_parallel_size": "pp_size", "data_parallel_size": "dp_size", "expert_parallel_size": "ep_size",
    "max_model_len": "context_length", "enforce_eager": "disable_cuda_graph", "quantization": "quantization",
    "kv_cache_dtype": "kv_cache_dtype", "disable_custom_all_reduce": "disable_custom_all_reduce",
}  # fmt: skip
_SGLANG_SINCE = "3.6.0"
#: The transformers engine runs a batch of requests at a time; that batch is its max_num_seqs.
_TRANSFORMERS = {"max_num_seqs": ("max_batch_size", "3.0.0"), "attn_impl": ("attn_impl", "3.0.0")}

#: Knobs that have no flag of their own and reach vLLM as keys of the JSON of --vllm_engine_kwargs. None of them
#: can be set before 3.10.0.
ENGINE_KEYS = frozenset({
    "mm_processor_kwargs", "max_num_batched_tokens", "kv_cache_dtype", "kv_cache_memory_bytes",
    "skip_mm_profiling", "mm_encoder_tp_mode",
})  # fmt: skip


def _spellings() -> tuple[Spelling, ...]:
    rows = [Spelling("vllm", knob, knob, Version(since), PREFIXED) for knob, since in _VLLM_UNPREFIXED.items()]
    prefixed = {**dict.fromkeys(_VLLM_UNPREFIXED, str(PREFIXED)), **_VLLM_PREFIXED}
    rows += [Spelling("vllm", knob, f"vllm_{knob}", Version(since)) for knob, since in prefixed.items()]
    rows += [Spelling("lmdeploy", knob, own, Version(since), PREFIXED) for knob, (own, since) in _LMDEPLOY.items()]
    rows += [Spelling("lmdeploy", knob, f"lmdeploy_{own}", PREFIXED) for knob, (own, _) in _LMDEPLOY.items()]
    rows += [Spelling("sglang", knob, f"sglang_{own}", Version(_SGLANG_SINCE)) for knob, own in _SGLANG.items()]
    rows += [Spelling("transformers", knob, own, Version(since)) for knob, (own, since) in _TRANSFORMERS.items()]
    return tuple(rows)


SPELLINGS = _spellings()


def flag_name(backend: BackendName, knob: str, ms_swift: Version) -> str | None:
    """The flag that sets a knob, without dashes; None where this backend or this release has none."""
    fitting = (row.name for row in SPELLINGS if row.backend == backend and row.knob == knob and row.holds_in(ms_swift))
    return next(fitting, None)


def route(backend: BackendName, knob: str, ms_swift: Version) -> Route | None:
    """How a knob is set: by its own flag, else as a key of vLLM's engine keywords; None where there is no way."""
    name = flag_name(backend, knob, ms_swift)
    if name:
        return Route(name)
    if backend == "vllm" and knob in ENGINE_KEYS and ms_swift >= ALIASED_UNTIL:
        return Route("vllm_engine_kwargs", knob)
    return None


def owner(name: str, ms_swift: Version) -> BackendName | None:
    """The only backend that reads a flag, None where it is common to all (or stands for a setting of all)."""
    for backend in ("vllm", "sglang", "lmdeploy"):
        if name.startswith(f"{backend}_"):
            return backend
    if ms_swift >= PREFIXED:  # max_model_len means RoPE scaling too, which every engine follows
        return "vllm" if name in ALIASED - {"max_model_len"} and ms_swift < ALIASED_UNTIL else None
    return next((row.backend for row in SPELLINGS if row.name == name and row.until == PREFIXED), None)


def backend_word(backend: BackendName, ms_swift: Version) -> str:
    """How --infer_backend spells a backend: transformers was called pt before ms-swift 4.0."""
    return "pt" if backend == "transformers" and ms_swift < Version("4.0.0") else backend


#: What --infer_backend may say. AUTO of 2.x takes vLLM for every model that vLLM supports.
BACKENDS: Mapping[str, BackendName] = {
    "vllm": "vllm", "transformers": "transformers", "pt": "transformers", "sglang": "sglang",
    "lmdeploy": "lmdeploy", "AUTO": "vllm",
}  # fmt: skip


def successor(written: str, catalog: FlagCatalog, backend: BackendName | None = None) -> str | None:
    """The flag of this release that sets what a flag of another release, or of another engine, sets.

    ``backend`` is the engine that will serve, where that is known: it has its own name for a common knob.
    """
    name = written.replace("-", "_")
    same = [row for row in SPELLINGS if row.name == name]
    engines = [backend] * bool(backend) + [row.backend for row in same]
    respelled = (flag_name(engine, row.knob, catalog.version) for engine in engines for row in same if engine)
    options = (*respelled, catalog.renamed(name))
    return next((option for option in options if option and option != name and catalog.get(option)), None)


def suggestion(written: str, catalog: FlagCatalog) -> str | None:
    """The flag of this release that was probably meant: its successor, else a near name."""
    return successor(written, catalog) or next(iter(catalog.nearest(written, 1)), None)

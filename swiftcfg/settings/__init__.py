"""From DeployConfig to EngineSettings: what of a command reaches the serving engine, by ms-swift release."""

from dataclasses import replace

from swiftcfg.config import DeployConfig
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.runtime import Runtime
from swiftcfg.settings.draft import Draft
from swiftcfg.settings.vllm import vllm_settings
from swiftcfg.units import whole

#: lmdeploy's quant_policy: bits of a cached number (ms-swift@4.6.0:swift/arguments/infer_args.py:24-26).
_KV_BY_POLICY = {0: "auto", 4: "int4", 8: "int8"}


def engine_settings(config: DeployConfig, runtime: Runtime, catalog: FlagCatalog) -> EngineSettings:
    """What the engine will use, with what was written in vain, what stops the start, and what is not known.

    ``catalog`` is the one of ``runtime.ms_swift``. Any configuration gives an answer.
    """
    draft = Draft(config, catalog)
    if draft.backend == "vllm":
        settings = vllm_settings(draft, runtime.vllm)
    else:
        settings = {"transformers": _transformers, "sglang": _sglang, "lmdeploy": _lmdeploy}[draft.backend](draft)
    return replace(
        settings,
        torch_dtype=draft.values.get("torch_dtype"),
        use_v1=_use_v1(config),
        unread=tuple(draft.unread),
        problems=tuple(draft.problems),
        unknowns=tuple(draft.unknowns),
    )


def _use_v1(config: DeployConfig) -> bool | None:
    """VLLM_USE_V1 as vLLM reads it, bool(int(text)); a text that is no number leaves the choice to vLLM."""
    word = config.variable("VLLM_USE_V1")
    number = whole(word) if isinstance(word, str) else None
    return None if number is None else bool(number)


def _transformers(draft: Draft) -> EngineSettings:
    """One process; its batch of requests is the most that runs at once, 0 and less is no limit."""
    batch = draft.knob("max_num_seqs")
    return EngineSettings(
        backend="transformers",
        max_num_seqs=batch if batch and batch > 0 else None,
        enable_lora=bool(draft.values.get("adapters")) and not draft.values.get("merge_lora"),
        attn_impl=draft.knob("attn_impl"),
    )


def _sglang(draft: Draft) -> EngineSettings:
    _no_adapters(draft)
    return EngineSettings(
        backend="sglang",
        tensor_parallel_size=draft.ranks("tensor_parallel_size"),
        pipeline_parallel_size=draft.ranks("pipeline_parallel_size"),
        data_parallel_size=draft.ranks("data_parallel_size"),
        gpu_memory_utilization=draft.checked("gpu_memory_utilization", lambda share: 0 < share < 1, "a share below 1"),
        max_model_len=draft.checked("max_model_len", _positive, "1 or more"),
        enforce_eager=draft.knob("enforce_eager"),
        kv_cache_dtype=draft.knob("kv_cache_dtype"),
        quantization=draft.knob("quantization"),
    )


def _lmdeploy(draft: Draft) -> EngineSettings:
    _no_adapters(draft)
    policy = draft.checked("kv_cache_dtype", lambda bits: bits in _KV_BY_POLICY, "0, 4 or 8")
    return EngineSettings(
        backend="lmdeploy",
        tensor_parallel_size=draft.ranks("tensor_parallel_size"),
        gpu_memory_utilization=draft.checked("gpu_memory_utilization", lambda share: 0 < share < 1, "a share below 1"),
        max_model_len=draft.checked("max_model_len", _positive, "1 or more"),
        kv_cache_dtype=_KV_BY_POLICY[policy],
    )


def _no_adapters(draft: Draft) -> None:
    """Neither engine is given adapters (ms-swift@4.6.0:swift/infer_engine/sglang_engine.py, lmdeploy_engine.py)."""
    if draft.values.get("adapters") and not draft.values.get("merge_lora"):
        draft.unread.append(
            ("adapters", f"{draft.backend} serves the model without them; --merge_lora true folds them in")
        )


def _positive(value: int) -> bool:
    return value >= 1

"""What ms-swift hands to vLLM: its own flags, the limits per prompt, and the free keywords of --vllm_engine_kwargs.

ms-swift@4.6.0:swift/rlhf_trainers/args_mixin.py:66-107 and swift/infer_engine/vllm_engine.py:293-384; what older
releases do differently is said where it is handled.
"""

from collections.abc import Callable, Mapping
from typing import Any

from packaging.version import Version

from swiftcfg.backend import flag_name
from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.settings.draft import Draft

#: Keywords that ms-swift passes to vLLM itself; the same key in --vllm_engine_kwargs ends with "got multiple
#: values for keyword argument". 3.10 to 3.12 hand them through one function more, with more names of its own
#: (ms-swift@3.10.3:swift/llm/infer/infer_engine/vllm_engine.py:114-136; ms-swift@4.0.0:…/vllm_engine.py:238-252).
_PASSED = frozenset({
    "model", "dtype", "gpu_memory_utilization", "tensor_parallel_size", "pipeline_parallel_size", "max_model_len",
    "max_num_seqs", "disable_custom_all_reduce", "enforce_eager", "trust_remote_code", "distributed_executor_backend",
})  # fmt: skip
_PASSED_BEFORE_4 = _PASSED | {
    "limit_mm_per_prompt", "enable_lora", "max_loras", "max_lora_rank", "enable_prefix_caching", "seed",
    "enable_expert_parallel", "enable_sleep_mode", "quantization", "task", "disable_cascade_attn",
    "mm_processor_cache_gb",
}  # fmt: skip

#: Kinds of media vLLM limits (vllm@0.23.0:vllm/config/multimodal.py:201-224); no other is asked for.
_MEDIA = ("image", "video", "audio", "vision_chunk")

#: {"image": {"count": 5, "width": …}} is new after 0.11.0, where a limit is an int (vllm@0.11.0:vllm/config/
#: multimodal.py:23; vllm@0.12.0:vllm/config/multimodal.py:16-40).
_COUNTS_ONLY = Version("0.11.0")
#: The last release read that does not know these keywords (vllm@0.9.2, vllm@0.10.2:vllm/engine/arg_utils.py).
_ABSENT_IN = dict.fromkeys(("kv_cache_memory_bytes", "skip_mm_profiling", "mm_encoder_tp_mode"), Version("0.9.2"))
#: max_model_len -1, "as long as memory allows" (absent in vllm@0.12.0, vllm@0.14.0:vllm/config/model.py:1979).
_FITS_CONTEXT = Version("0.13.0")


def vllm_settings(draft: Draft, vllm: Version | None) -> EngineSettings:
    """The settings of vLLM; a value that vLLM refuses is a problem and its default is used instead."""
    free = _Keywords(draft, vllm)
    limits = draft.mapping(_name(draft, "limit_mm_per_prompt"), draft.knob("limit_mm_per_prompt"))
    adapters = _adapters(draft)
    return EngineSettings(
        backend="vllm",
        tensor_parallel_size=draft.ranks("tensor_parallel_size"),
        pipeline_parallel_size=draft.ranks("pipeline_parallel_size"),
        data_parallel_size=_data_parallel(draft, free),
        gpu_memory_utilization=draft.checked("gpu_memory_utilization", lambda share: 0 < share <= 1, "a share up to 1"),
        kv_cache_memory=free.take("kv_cache_memory_bytes", _whole, "a number of bytes"),
        max_model_len=_context(draft, vllm),
        max_num_seqs=draft.checked("max_num_seqs", _positive, "1 or more"),
        max_num_batched_tokens=free.take("max_num_batched_tokens", _whole, "a number of tokens"),
        media_limits=_limits(draft, vllm, limits or free.take("limit_mm_per_prompt", _mapping, "an object") or {}),
        processor_kwargs=free.take("mm_processor_kwargs", _mapping, "an object") or {},
        enforce_eager=draft.knob("enforce_eager"),
        kv_cache_dtype=free.take("kv_cache_dtype", _text, "a name") or "auto",
        quantization=draft.knob("quantization") or free.take("quantization", _text, "a name"),
        enable_lora=adapters > 0 or bool(free.take("enable_lora", _switch, "true or false")),
        max_lora_rank=_lora(draft, free, adapters, "max_lora_rank", draft.knob("max_lora_rank")),
        max_loras=_lora(draft, free, adapters, "max_loras", max(adapters, 1)),
        mm_encoder_tp_mode=free.take("mm_encoder_tp_mode", _tp_mode, "weights or data") or "weights",
        skip_mm_profiling=bool(free.take("skip_mm_profiling", _switch, "true or false")),
    )


class _Keywords:
    """The JSON object of --vllm_engine_kwargs."""

    def __init__(self, draft: Draft, vllm: Version | None) -> None:
        self.draft, self.name = draft, "vllm_engine_kwargs"
        self.given = draft.mapping(self.name, draft.knob("engine_kwargs"))
        passed = _PASSED if draft.version >= Version("4.0.0") else _PASSED_BEFORE_4
        for key in passed & self.given.keys():
            own = flag_name("vllm", key, draft.version)
            self._object(key, f"ms-swift passes it too, and Python refuses it twice; --{own or key} is the flag")
        for key, absent_in in _ABSENT_IN.items():
            if key in self.given and vllm is not None and vllm <= absent_in:
                self._object(key, f"vLLM {vllm} does not know it")
        if draft.knob("speculative_config") or self.given.get("speculative_config"):
            draft.unknowns.append("the memory of speculative decoding: its draft model is not counted")

    def take(self, key: str, fits: Callable[[Any], bool], wanted: str) -> Any:
        """A keyword's value; one that vLLM refuses is a problem and not used."""
        value = self.given.get(key)
        if value is None or fits(value):
            return value
        self._object(key, f"{value!r} is not {wanted}")
        return None

    def _object(self, key: str, sentence: str) -> None:
        self.draft.problems.append((self.name, f"{key}: {sentence}"))
        self.given.pop(key)


def _limits(draft: Draft, vllm: Version | None, given: Mapping[str, Any]) -> dict[str, MediaLimit]:
    name = _name(draft, "limit_mm_per_prompt")
    found = {}
    for kind, value in given.items():
        if kind not in _MEDIA:
            draft.unread.append((name, f"vLLM knows no {kind!r}, only {', '.join(_MEDIA[:3])}"))
            continue
        counts_only = vllm is not None and vllm <= _COUNTS_ONLY
        limit, fault = _limit(value, counts_only=counts_only)
        if fault:
            draft.problems.append((name, f"{kind}: {fault}"))
        if limit:
            found[kind] = limit
    return found


def _limit(value: Any, *, counts_only: bool) -> tuple[MediaLimit | None, str | None]:
    """One limit, and why vLLM refuses it. A count written as text is read all the same."""
    if _whole(value):
        return MediaLimit(value), None
    if isinstance(value, str) and value.isdecimal():
        # pydantic turns it into a number where a limit is an int; later it is expected to be an object
        return MediaLimit(int(value)), None if counts_only else f"{value!r} is text; write {value} without quotes"
    if not isinstance(value, Mapping):
        return None, f"{value!r} is no count"
    sizes = {size: value.get(size) for size in ("count", "width", "height", "num_frames")}
    wrong = next((size for size, number in sizes.items() if number is not None and not _whole(number)), None)
    if wrong:
        return None, f"{wrong} {sizes[wrong]!r} is not a whole number"
    count = 999 if sizes["count"] is None else sizes["count"]  # vllm@0.23.0:vllm/config/multimodal.py:17-21
    limit = MediaLimit(count, sizes["width"], sizes["height"], sizes["num_frames"])
    return limit, f"this vLLM takes only a count; write {count}" if counts_only else None


def _context(draft: Draft, vllm: Version | None) -> Any:
    name = _name(draft, "max_model_len")
    if draft.values.get(name) == -1 and (vllm is None or vllm >= _FITS_CONTEXT):
        draft.unknowns.append(f"--{name} -1: vLLM chooses the longest context that fits")
        draft.values.pop(name)
    return draft.checked("max_model_len", _positive, "1 or more")


def _data_parallel(draft: Draft, free: _Keywords) -> Any:
    """The flag wins where it is read and more than 1 (ms-swift@4.3.0:swift/pipelines/infer/deploy.py, infer.py)."""
    flag = draft.ranks("data_parallel_size")
    key = free.take("data_parallel_size", lambda count: _whole(count) and count > 0, "1 or more")
    return flag if flag > 1 else key or 1


def _adapters(draft: Draft) -> int:
    """How many LoRA adapters vLLM is told of; --merge_lora folds those without a name into the weights first."""
    given = [*draft.values.get("adapters", []), *(draft.values.get("lora_modules") or [])]
    if "ckpt_dir" in draft.values:
        draft.unknowns.append("--ckpt_dir: whether the folder is a LoRA adapter; taken as a whole model")
    return len([one for one in given if "=" in one] if draft.values.get("merge_lora") else given)


def _lora(draft: Draft, free: _Keywords, adapters: int, key: str, own: int) -> Any:
    """With adapters ms-swift sets LoRA itself; without, the free keywords may (vllm_engine.py:323-330)."""
    free_value = free.take(key, _whole, "a whole number")
    if adapters and free_value is not None and free_value != own:
        draft.unread.append((free.name, f"{key}: ms-swift sets it to {own} because there are adapters"))
    return own if adapters or free_value is None else free_value


def _name(draft: Draft, knob: str) -> str:
    return flag_name("vllm", knob, draft.version) or knob


def _positive(value: float) -> bool:
    return value >= 1


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _switch(value: Any) -> bool:
    return isinstance(value, bool)


def _mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _tp_mode(value: Any) -> bool:
    return value in ("weights", "data")

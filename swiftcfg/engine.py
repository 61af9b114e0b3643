"""EngineSettings: what reaches the serving engine from one DeployConfig, after defaults and by version.

The flags of ms-swift changed name at 3.7.0 and some names stayed accepted without reaching vLLM;
``swiftcfg.backend`` has the rows. Everything here is what the engine will use, not what was written.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from swiftcfg.units import Bytes, Pixels, Tokens
from swiftcfg.values import dataclass

BackendName = Literal["vllm", "transformers", "sglang", "lmdeploy"]


@dataclass(frozen=True, slots=True)
class MediaLimit:
    """How many items of one kind a request may carry; width, height, frames only shrink vLLM's dummy."""

    count: int
    width: Pixels | None = None
    height: Pixels | None = None
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Settings of one engine. None means the engine's own default, which depends on its version.

    ``media_limits`` has a row only for kinds that the command limits. ``processor_kwargs`` are the
    engine-level mm_processor_kwargs. ``max_num_seqs`` is the batch size of the transformers engine.

    ``use_v1`` is VLLM_USE_V1, which chose between vLLM's two engines from 0.8 to 0.10.

    ``unread`` lists what was written, is accepted and has no effect, with the reason; ``problems`` what keeps the
    command from starting (it is then read as if it were not given); ``unknowns`` what the text does not tell.
    """

    backend: BackendName
    tensor_parallel_size: int = 1
    pipeline_parallel_size: int = 1
    data_parallel_size: int = 1
    gpu_memory_utilization: float | None = None
    kv_cache_memory: Bytes | None = None
    max_model_len: Tokens | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: Tokens | None = None
    media_limits: Mapping[str, MediaLimit] = field(default_factory=dict)
    processor_kwargs: Mapping[str, Any] = field(default_factory=dict)
    enforce_eager: bool = False
    kv_cache_dtype: str = "auto"
    quantization: str | None = None
    torch_dtype: str | None = None
    enable_lora: bool = False
    max_lora_rank: int = 16
    max_loras: int = 1
    mm_encoder_tp_mode: Literal["weights", "data"] = "weights"
    skip_mm_profiling: bool = False
    attn_impl: str | None = None
    use_v1: bool | None = None
    unread: tuple[tuple[str, str], ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    unknowns: tuple[str, ...] = ()

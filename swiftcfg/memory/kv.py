"""The cache of keys and values: bytes of a token, tokens of a pool, requests of a pool."""

from swiftcfg.engine import EngineSettings
from swiftcfg.memory.loaded import dtype_width
from swiftcfg.model import Model
from swiftcfg.units import Range

#: Tokens of one block on CUDA (vllm@0.23.0:vllm/config/cache.py, DEFAULT_BLOCK_SIZE).
BLOCK = 16

#: DeepSeek-V2, V3 and their kin keep one compressed vector of 512 and a key of 64 for each token and layer
#: (vllm@0.23.0:vllm/v1/kv_cache_interface.py MLAAttentionSpec; configs with kv_lora_rank 512, qk_rope_head_dim 64).
_MLA_WIDTH = 576


def kv_bytes_per_token(model: Model, settings: EngineSettings) -> tuple[int | None, str]:
    """Bytes that one token takes on one rank, and why; None where the layers do not all keep their past."""
    text = model.text
    if text is None:
        return None, "the size of the language model is not known, so a token's cache is not, either"
    if text.kv_kind == "hybrid":
        return None, "some layers keep a window or a fixed state instead of every token; their cache is not modelled"
    width = 1 if settings.kv_cache_dtype.startswith("fp8") else dtype_width(model, settings)
    layers = -(-text.layers // settings.pipeline_parallel_size)
    if text.kv_kind == "mla":
        return (
            layers * _MLA_WIDTH * width,
            f"{layers} layers x {_MLA_WIDTH} x {width} bytes, the same on every rank (MLA)",
        )
    heads = max(1, text.kv_heads // settings.tensor_parallel_size)
    per_token = 2 * layers * heads * text.head_dim * width
    return per_token, f"2 x {layers} layers x {heads} key-value heads x {text.head_dim} x {width} bytes"


def pool_tokens(pool: Range, per_token: int) -> Range:
    """Whole blocks that the pool holds, in tokens."""
    block = per_token * BLOCK
    return Range(*(max(0, amount // block) * BLOCK for amount in (pool.low, pool.best, pool.high)))


def request_blocks(tokens: int) -> int:
    """Tokens of whole blocks that one request of ``tokens`` takes."""
    return -(-tokens // BLOCK) * BLOCK

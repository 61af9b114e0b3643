"""What a vision tower holds at its worst moment, per patch, read off its code version by version."""

from functools import lru_cache

from packaging.version import Version

from swiftcfg.memory.versions import Behaviour
from swiftcfg.model import TowerKind, VisionTower
from swiftcfg.units import Range
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """Tensors of one hidden size alive inside attention; ``split`` ones are divided by tensor parallelism."""

    since: Version
    copied: int
    split: int
    gathered: int
    source: str


@dataclass(frozen=True, slots=True)
class Mlp:
    """Tensors alive inside the MLP: ``hidden`` of hidden size, ``inner`` of intermediate size.

    With compilation on, custom operators are off and the norm is not fused in place: ``eager_hidden`` and
    ``eager_inner`` count for enforce_eager (vllm@0.11.0:vllm/config/compilation.py, custom_ops "none").
    """

    since: Version
    hidden: int
    inner: int
    eager_hidden: int
    eager_inner: int
    source: str


_ATTENTION = (
    # the block's input, its norm, qkv, contiguous q k v, a float32 copy of q, its rotation and the result; gathers qkv
    # where tp > 1. Without flash-attn, versions before 0.9 rotate in PyTorch, which keeps 16 instead of 13.
    Attention(Version("0.6.0"), 2, 11, 6, "vllm@0.9.2:vllm/model_executor/models/qwen2_vl.py:235-244, qwen2_5_vl.py"),
    # q and k rotated together in float32
    Attention(Version("0.11.0"), 2, 18, 6, "vllm@0.11.0:vllm/model_executor/models/qwen2_5_vl.py forward"),
    Attention(Version("0.11.1"), 2, 15, 0, "vllm@0.11.2:vllm/model_executor/models/qwen2_5_vl.py forward"),
    # rotated in the model's own type
    Attention(Version("0.12.0"), 2, 9, 0, "vllm@0.12.0:vllm/model_executor/models/qwen2_5_vl.py forward"),
)

_MLP: dict[TowerKind, tuple[Mlp, ...]] = {
    "qwen2_vl": (Mlp(Version("0.6.0"), 4, 3, 4, 2, "vllm@0.20.0:vllm/model_executor/models/qwen2_vl.py, QuickGELU"),),
    "qwen2_5_vl": (
        Mlp(Version("0.6.0"), 4, 3, 4, 3, "vllm@0.8.5:vllm/model_executor/models/qwen2_5_vl.py, separate gate and up"),
        Mlp(
            Version("0.10.2"), 4, 4, 3, 3, "vllm@0.10.2:vllm/model_executor/models/qwen2_5_vl.py, SiluAndMul in PyTorch"
        ),
        Mlp(Version("0.15.0"), 5, 3, 3, 3, "vllm@0.15.1:vllm/model_executor/custom_op.py, SiluAndMul compiled"),
    ),
    "qwen3_vl": (Mlp(Version("0.11.0"), 3, 2, 3, 2, "vllm@0.20.0:vllm/model_executor/models/qwen3_vl.py"),),
}

#: How far a tower may lie from the count, in percent: other attention kernels (xFormers, SDPA) and their workspaces.
_LOW, _HIGH, _HIGH_BEFORE_09 = 85, 115, 160
_FLASH_ROTATION = Version("0.9.0")


@dataclass(frozen=True, slots=True)
class PatchBytes:
    """Bytes per patch: all of the tower at its peak with pixels, pixels alone, and outputs that stay."""

    peak: Range
    pixels: int
    outputs: int
    source: str


@lru_cache(maxsize=512)
def patch_bytes(
    tower: VisionTower, behaviour: Behaviour, version: Version, ranks: int, dtype_bytes: int, *, eager: bool
) -> PatchBytes:
    """Count what is alive per patch on one of ``ranks`` ranks that share the tower (1 where it is copied)."""
    attention = next(row for row in reversed(_ATTENTION) if row.since <= version or row is _ATTENTION[0])
    rows = _MLP[tower.kind]
    mlp = next(row for row in reversed(rows) if row.since <= version or row is rows[0])
    width, inner = tower.hidden_size, tower.intermediate_size
    hidden, wide = (mlp.eager_hidden, mlp.eager_inner) if eager else (mlp.hidden, mlp.inner)
    in_attention = (attention.copied + (attention.gathered if ranks > 1 else 0) + attention.split / ranks) * width
    in_mlp = hidden * width + wide * inner / ranks
    outputs = tower.out_hidden_size * (1 + tower.deepstack_levels) * dtype_bytes // tower.merge_size**2
    kept = tower.out_hidden_size * tower.deepstack_levels / tower.merge_size**2
    pixel_elements = tower.in_channels * tower.temporal_patch_size * tower.patch_size**2
    pixels = pixel_elements * behaviour.pixel_bytes
    cast = pixel_elements * dtype_bytes if behaviour.pixel_bytes != dtype_bytes else 0
    rotary = 6 * (width // tower.heads)
    held = pixels * behaviour.pixel_copies + cast
    best = round((max(in_attention, in_mlp) + kept) * dtype_bytes) + held + rotary
    joined = 2 * outputs + width * dtype_bytes + held
    best = max(best, joined)
    high = _HIGH if version >= _FLASH_ROTATION else _HIGH_BEFORE_09
    return PatchBytes(
        Range(best * _LOW // 100, best, best * high // 100), pixels, outputs, f"{attention.source}; {mlp.source}"
    )

"""Where each tensor goes: to which part of the model, and how tensor parallelism treats it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from swiftcfg.architectures.tensors import DTYPE_BITS, Stack, Tensor
from swiftcfg.model import Part, Sharding, WeightGroup, Weights
from swiftcfg.units import Bytes

#: Components of a tensor name that place it outside the language model.
_VISION = frozenset({
    "visual", "vision_tower", "vision_model", "vision_encoder", "vpm", "resampler", "mlp1", "vit",
    "multi_modal_projector", "mm_projector", "merger", "audio_tower", "audio_model",
})  # fmt: skip
_EMBEDDINGS = frozenset({"embed_tokens", "wte", "tok_embeddings", "word_embeddings"})
_HEADS = frozenset({"lm_head", "output_layer", "embed_out"})

#: The last component, where it names a parameter of a layer rather than a layer.
_PARAMETERS = frozenset({
    "weight", "bias", "qweight", "qzeros", "scales", "g_idx", "weight_scale", "weight_scale_inv", "weight_packed",
    "weight_scale_2", "weight_zero_point", "weight_shape", "weight_g_idx", "input_scale",
})  # fmt: skip

#: Layers of which each rank holds some outputs, and those of which it holds some inputs.
#: Source: Column-, Row- and QKVParallelLinear and FusedMoE in vllm@0.23.0:vllm/model_executor/models/ qwen2.py,
#: qwen3_moe.py, llama.py, deepseek_v2.py, qwen3_next.py, qwen2_vl.py:256-311, qwen2_5_vl.py:321-603,
#: qwen3_vl.py:389-599.
_BY_OUTPUT = frozenset({
    "q_proj", "gate_proj", "up_proj", "gate_up_proj", "qkv_proj", "q_b_proj", "kv_b_proj", "c_fc", "fc1",
    "w1", "w3", "qkv", "linear_fc1", "mlp.0", "in_proj_qkvz", "in_proj_ba", "in_proj_qkv", "in_proj_z", "in_proj_a",
    "in_proj_b", "conv1d", "A_log", "dt_bias",
})  # fmt: skip
_BY_INPUT = frozenset({"o_proj", "down_proj", "c_proj", "fc2", "w2", "proj", "linear_fc2", "mlp.2", "out_proj"})
_BY_KV_HEAD = frozenset({"k_proj", "v_proj"})

#: Vision layers are split only in towers whose code we read; others count in full on every rank.
_SPLIT_TOWERS = frozenset({"visual"})
_COPIED_IN_TOWER = frozenset({"patch_embed", "pos_embed"})

#: The number of a layer or an expert; not that of a part without a name, such as ``mlp.0``, which tells its kind.
_INDEX = re.compile(r"\.[0-9]+(?=\.[^.]+\.)")
_SCALE = re.compile(r"scale|zero")
_FLOATS = frozenset({"BF16", "F16", "F32", "F64"})


@lru_cache(maxsize=65536)
def classify(name: str) -> tuple[Part, Sharding]:
    """The part and the sharding of a tensor by its name.

    A name that matches no row is language, copied to every rank: too much memory rather than too little.
    """
    components = name.split(".")
    parameter = components.pop() if components[-1] in _PARAMETERS and len(components) > 1 else "weight"
    return _part(components), _sharding(components, parameter)


def _part(components: list[str]) -> Part:
    present = frozenset(components)
    if present & _VISION:
        return "vision"
    if present & _EMBEDDINGS:
        return "embedding"
    return "head" if present & _HEADS else "language"


def _sharding(components: list[str], parameter: str) -> Sharding:
    part, present = _part(components), frozenset(components)
    if part in ("embedding", "head"):
        return "split"
    if part == "vision" and (not present & _SPLIT_TOWERS or present & _COPIED_IN_TOWER):
        return "copied"
    layer = ".".join(components[-2:]) if components[-1].isdecimal() else components[-1]
    if layer in _BY_KV_HEAD:
        return "kv" if part == "language" else "split"
    if layer in _BY_OUTPUT:
        return "copied" if parameter in ("g_idx", "input_scale") else "split"
    if layer in _BY_INPUT:
        return "copied" if parameter in ("bias", "input_scale") else "split"
    return "copied"


def weights_from_tensors(tensors: Iterable[Tensor], dtype_bytes: int, source: str) -> Weights:
    """Group tensors by what happens to them; floats count in the width they are loaded at, scales as stored."""
    kinds = Counter(Tensor(_INDEX.sub(".*", name), dtype, shape) for name, dtype, shape in tensors)
    return weights_from_stacks((Stack(kind, (count,)) for kind, count in kinds.items()), dtype_bytes, source)


def weights_from_stacks(stacks: Iterable[Stack], dtype_bytes: int, source: str) -> Weights:
    """The same for tensors that are not listed one by one."""
    sums: dict[tuple[Part, Sharding], list[int]] = defaultdict(lambda: [0, 0])
    for stack in stacks:
        entry = sums[classify(stack.pattern.name)]
        entry[0] += stack.size * loaded_bytes(stack.pattern, dtype_bytes)
        entry[1] += stack.size
    groups = (WeightGroup(part, sharding, Bytes(n), count) for (part, sharding), (n, count) in sorted(sums.items()))
    return Weights(tuple(groups), source)


def loaded_bytes(tensor: Tensor, dtype_bytes: int) -> Bytes:
    """Bytes once loaded: the loader copies into parameters of the model's dtype, except scales and packed words."""
    if tensor.dtype in _FLOATS and not _SCALE.search(tensor.name):
        return Bytes(tensor.elements * dtype_bytes)
    return Bytes(-(-tensor.elements * DTYPE_BITS[tensor.dtype] // 8))


def bytes_per_rank(weights: Weights, tp: int, kv_heads: int, *, tied: bool, vision_copied: bool) -> Bytes:
    """Weight bytes on one of ``tp`` ranks.

    Tied embeddings are stored once: loaders skip a redundant output head (vllm@0.23.0:
    vllm/model_executor/models/qwen2.py:553). ``vision_copied`` is mm_encoder_tp_mode ``data``.
    """
    total = 0
    for group in weights.groups:
        if group.part == "head" and tied:
            continue
        whole = group.sharding == "copied" or (group.part == "vision" and vision_copied)
        ranks = 1 if whole else min(tp, kv_heads) if group.sharding == "kv" else tp
        total += -(-group.bytes_total // ranks)
    return Bytes(total)

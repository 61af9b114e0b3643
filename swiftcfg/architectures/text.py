"""The language tower, read from a config.json of any layout."""

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from swiftcfg.architectures.fields import count, flag, listed, section, size
from swiftcfg.architectures.kinds import Architecture
from swiftcfg.model import KvKind, Moe, TextTower
from swiftcfg.units import Tokens

#: Where the language model's settings are nested: transformers>=4.52 and Qwen3-VL, InternVL and
#: MiniCPM remote code, DeepSeek-VL2, Qwen2.5-Omni. The first that is present; else the top level.
_SECTIONS = (("text_config",), ("llm_config",), ("language_config",), ("thinker_config", "text_config"))

#: Names of one setting in config classes of different age (transformers attribute_map of GPT-2, OPT, Bloom, MPT).
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_HIDDEN = ("hidden_size", "n_embd", "d_model")
_HEADS = ("num_attention_heads", "n_head", "n_heads")
_VOCABULARY = ("vocab_size", "padded_vocab_size")
_KV_HEADS = ("num_key_value_heads", "multi_query_group_num", "num_kv_heads", "n_head_kv")
_INTERMEDIATE = ("intermediate_size", "ffn_dim", "ffn_hidden_size", "n_inner")
_POSITIONS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length")
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
_EXPERTS_PER_TOKEN = ("num_experts_per_tok", "moe_topk", "top_k_experts")

#: Ten times what any published model has; tensors are listed one by one, so a hostile number must not get far.
_MOST_LAYERS, _MOST_EXPERTS = 2_000, 10_000

#: RoPE scalings after which max_position_embeddings is the scaled number, and more than any model scales by.
_SAYS_THE_SCALED = ("su", "longrope", "llama3")
_MOST_SCALING = 1_000

#: Keys that name layers with another memory of the past than full attention (vllm@0.23.0 config readers).
_HYBRID_KEYS = (
    "full_attention_interval", "hybrid_override_pattern", "hybrid_layer_pattern", "attn_layer_period",
    "linear_attn_config", "attention_chunk_size", "block_configs",
)  # fmt: skip


def text_section(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The language model's settings; what they leave out is looked up at the top level."""
    for path in _SECTIONS:
        found = config
        for name in path:
            found = section(found, name)
        if found:
            given = {name: value for name, value in found.items() if value is not None}
            return ChainMap(given, dict(config))
    return config


def missing_sizes(text: Mapping[str, Any]) -> list[str]:
    """The settings without which there is no language tower, by their usual name."""
    return [names[0] for names in (_LAYERS, _HIDDEN, _HEADS, _VOCABULARY, _POSITIONS) if size(text, *names) is None]


def read_text(text: Mapping[str, Any], known: Architecture | None, *, tied: bool) -> TextTower | None:
    """The language tower, or None where a size is missing."""
    layers, hidden, heads = size(text, *_LAYERS, largest=_MOST_LAYERS), size(text, *_HIDDEN), size(text, *_HEADS)
    vocabulary, positions = size(text, *_VOCABULARY), size(text, *_POSITIONS)
    if not (layers and hidden and heads and vocabulary and positions):
        return None
    default_head_dim = known.default_head_dim if known else None
    head_dim = size(text, "head_dim", "kv_channels") or default_head_dim or max(1, hidden // heads)
    rope = section(text, "rope_parameters") or section(text, "rope_scaling")
    return TextTower(
        layers=layers,
        hidden_size=hidden,
        intermediate_size=count(text, *_INTERMEDIATE) or 0,
        attention_heads=heads,
        kv_heads=size(text, *_KV_HEADS) or heads,
        head_dim=head_dim,
        vocab_size=vocabulary,
        max_position_embeddings=_context(text, rope, positions),
        tie_word_embeddings=tied,
        rotary_dim=_rotary_dim(text, rope, head_dim),
        mrope="mrope_section" in rope or bool(known and known.tower),
        kv_kind="hybrid" if known and known.hybrid else _kv_kind(text, layers, positions),
        moe=_read_moe(text),
    )


def has_layers_alike(text: Mapping[str, Any]) -> bool:
    """Whether every layer is a mixture of experts, or none is."""
    return (count(text, "decoder_sparse_step") or 1) == 1 and not text.get("mlp_only_layers")


def _read_moe(text: Mapping[str, Any]) -> Moe | None:
    if (count(text, *_EXPERTS) or 1) == 1:
        return None
    experts = size(text, *_EXPERTS, largest=_MOST_EXPERTS) or 1
    width = count(text, "moe_intermediate_size", "intermediate_size")
    return Moe(experts, count(text, *_EXPERTS_PER_TOKEN) or 1, width or 0)


def _context(text: Mapping[str, Any], rope: Mapping[str, Any], positions: int) -> Tokens:
    """The longest context: positions, times what RoPE scaling makes of them.

    Llama 3.1, LongRoPE and Gemma 3 say the scaled number to begin with (vllm@0.23.0:vllm/config/model.py:2165-2200).
    """
    kind, factor = rope.get("rope_type") or rope.get("type"), rope.get("factor")
    if kind in _SAYS_THE_SCALED or "gemma3" in str(text.get("model_type")):
        return Tokens(positions)
    if not isinstance(factor, int | float) or not 1 <= factor <= _MOST_SCALING:
        return Tokens(positions)
    original = count(rope, "original_max_position_embeddings") if kind == "yarn" else None
    return Tokens(int((original or positions) * factor))


def _rotary_dim(text: Mapping[str, Any], rope: Mapping[str, Any], head_dim: int) -> int:
    """The part of a head that is rotated: all of it unless partial_rotary_factor says less."""
    factor = text.get("partial_rotary_factor", rope.get("partial_rotary_factor"))
    return int(head_dim * factor) if isinstance(factor, int | float) and 0 < factor < 1 else head_dim


def _kv_kind(text: Mapping[str, Any], layers: int, positions: int) -> KvKind:
    if count(text, "kv_lora_rank"):
        return "mla"
    kinds = listed(text, "layer_types", "layers_block_type")
    other_layers = any(kind not in ("full_attention", "attention") for kind in kinds)
    other_keys = any(text.get(key) for key in _HYBRID_KEYS) or 0 in _list(text.get("attn_type_list"))
    return "hybrid" if other_layers or other_keys or _slides(text, layers, positions) else "full"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _slides(text: Mapping[str, Any], layers: int, positions: int) -> bool:
    """Whether some layer attends to a window only.

    Qwen's configs carry a sliding_window that use_sliding_window switches off, and where it is on it
    concerns the layers from max_window_layers up (transformers@5.19.0 configuration_qwen2.py). A window
    as wide as the context (Phi-3) is none.
    """
    if (count(text, "sliding_window") or positions) >= positions:
        return False
    switch = flag(text, "use_sliding_window")
    if switch is None:
        return not listed(text, "layer_types")
    first = count(text, "max_window_layers")
    return switch and (first is None or first < layers)

"""Description: what a config.json says about a model, whichever of its layouts it uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swiftcfg.architectures.fields import flag, listed, number, section
from swiftcfg.architectures.kinds import ARCHITECTURES, Architecture
from swiftcfg.architectures.quantization import Quantization, read_quantization
from swiftcfg.architectures.vision import read_vision
from swiftcfg.model import KvKind, Moe, TextTower, VisionTower
from swiftcfg.units import Tokens

#: Where the language model's settings are nested: transformers>=4.52 and Qwen3-VL, InternVL and
#: MiniCPM remote code, DeepSeek-VL2, Qwen2.5-Omni. The first that is present; else the top level.
_TEXT_SECTIONS = (("text_config",), ("llm_config",), ("language_config",), ("thinker_config", "text_config"))

#: Names of one setting in config classes of different age (transformers attribute_map entries of GPT-2, OPT, Bloom, MPT).
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
_HIDDEN = ("hidden_size", "n_embd", "d_model")
_HEADS = ("num_attention_heads", "n_head", "n_heads")
_KV_HEADS = ("num_key_value_heads", "multi_query_group_num", "num_kv_heads", "n_head_kv")
_POSITIONS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length")
_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts")
_EXPERTS_PER_TOKEN = ("num_experts_per_tok", "moe_topk", "top_k_experts")

#: Keys that name layers with another memory of the past than full attention (vllm@0.23.0 config readers).
_HYBRID_KEYS = ("full_attention_interval", "hybrid_override_pattern", "attn_layer_period", "linear_attn_config")

_DTYPE_BYTES = {"float32": 4, "float": 4}


@dataclass(frozen=True, slots=True)
class Description:
    """A config.json, understood. ``known`` is None for an architecture without a row in ``kinds``."""

    architecture: str
    known: Architecture | None
    text: TextTower | None
    vision: VisionTower | None
    attention_bias: bool
    mlp_bias: bool
    tied: bool | None
    dtype_bytes: int
    quantization: Quantization | None
    unknowns: tuple[str, ...]


def describe(config: Mapping[str, Any]) -> Description:
    """Read a config.json in any layout from transformers 4.37 to 5.x; raises InputError on impossible values."""
    architecture = next(iter(listed(config, "architectures")), "")
    known = ARCHITECTURES.get(architecture)
    text_config = _text_section(config)
    tied = flag(config, "tie_word_embeddings")
    tied = flag(text_config, "tie_word_embeddings") if tied is None else tied
    text, missing = _read_text(text_config, config, known, tied=bool(tied))
    vision, vision_unknown = read_vision(config, known.tower if known else None)
    unknowns = [f"config.json does not say {', '.join(missing)}; KV cache and weights per rank are not known"] * bool(
        missing
    )
    unknowns += [vision_unknown] * bool(vision_unknown)
    if text and text.kv_kind != "full":
        unknowns.append(_KV_SENTENCES[text.kv_kind])
    return Description(
        architecture=architecture or "unknown",
        known=known,
        text=text,
        vision=vision,
        attention_bias=bool(flag(text_config, "attention_bias")),
        mlp_bias=bool(flag(text_config, "mlp_bias")),
        tied=tied,
        dtype_bytes=_dtype_bytes(config, text_config),
        quantization=read_quantization(config) or read_quantization(text_config),
        unknowns=tuple(unknowns),
    )


_KV_SENTENCES = {
    "mla": "the model stores latent attention (MLA), not full keys and values; KV bytes per token are not modelled",
    "hybrid": "only some layers keep keys and values of every token; KV bytes per token are not modelled",
}


def _text_section(config: Mapping[str, Any]) -> Mapping[str, Any]:
    for path in _TEXT_SECTIONS:
        found: Mapping[str, Any] = config
        for name in path:
            found = section(found, name)
        if found:
            return found
    return config


def _read_text(
    text: Mapping[str, Any], whole: Mapping[str, Any], known: Architecture | None, *, tied: bool
) -> tuple[TextTower | None, list[str]]:
    """The language tower, or the names of the settings that are missing for it."""

    def read(*names: str) -> int | None:
        found = number(text, *names)
        return number(whole, *names) if found is None else found

    layers, hidden, heads, vocab = (
        read(*_LAYERS),
        read(*_HIDDEN),
        read(*_HEADS),
        read("vocab_size", "padded_vocab_size"),
    )
    required = {"num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": heads, "vocab_size": vocab}
    missing = [name for name, value in required.items() if not value]
    if not (layers and hidden and heads and vocab):
        return None, missing
    head_dim = read("head_dim", "kv_channels") or (known.default_head_dim if known else None) or hidden // heads
    moe = _read_moe(read)
    rope = section(text, "rope_parameters") or section(text, "rope_scaling") or section(whole, "rope_scaling")
    return (
        TextTower(
            layers=layers,
            hidden_size=hidden,
            intermediate_size=read("intermediate_size", "ffn_dim", "ffn_hidden_size", "n_inner") or 0,
            attention_heads=heads,
            kv_heads=read(*_KV_HEADS) or heads,
            head_dim=head_dim,
            vocab_size=vocab,
            max_position_embeddings=Tokens(read(*_POSITIONS) or 0),
            tie_word_embeddings=tied,
            rotary_dim=_rotary_dim(text, rope, head_dim),
            mrope=_is_mrope(rope, known),
            kv_kind=_kv_kind(text, layers),
            moe=moe,
        ),
        [],
    )


def _read_moe(read: Any) -> Moe | None:
    experts = read(*_EXPERTS)
    if not experts or experts < 2:  # noqa: PLR2004  (one expert is a dense layer)
        return None
    return Moe(experts, read(*_EXPERTS_PER_TOKEN) or 1, read("moe_intermediate_size", "intermediate_size") or 0)


def _rotary_dim(text: Mapping[str, Any], rope: Mapping[str, Any], head_dim: int) -> int:
    """The part of a head that is rotated: all of it unless partial_rotary_factor says less."""
    factor = text.get("partial_rotary_factor", rope.get("partial_rotary_factor", 1.0))
    usable = isinstance(factor, int | float) and 0 < factor <= 1
    return int(head_dim * factor) if usable else head_dim


def _is_mrope(rope: Mapping[str, Any], known: Architecture | None) -> bool:
    """Rotary positions in three axes, which vLLM caches four times as long; all Qwen-VL towers use it."""
    return "mrope_section" in rope or bool(known and known.tower)


def _kv_kind(text: Mapping[str, Any], layers: int) -> KvKind:
    if number(text, "kv_lora_rank"):
        return "mla"
    if any(text.get(key) for key in _HYBRID_KEYS) or _has_other_layers(text) or _slides(text, layers):
        return "hybrid"
    return "full"


def _has_other_layers(text: Mapping[str, Any]) -> bool:
    return any(kind not in ("full_attention", "attention") for kind in listed(text, "layer_types", "layers_block_type"))


def _slides(text: Mapping[str, Any], layers: int) -> bool:
    """Whether some layer attends to a window only.

    Qwen's configs carry a sliding_window that use_sliding_window switches off, and where it is on it
    concerns the layers from max_window_layers up (transformers@5.19.0 configuration_qwen2.py).
    """
    if not number(text, "sliding_window"):
        return False
    switch = flag(text, "use_sliding_window")
    if switch is None:
        return not listed(text, "layer_types")
    first = number(text, "max_window_layers")
    return switch and (first is None or first < layers)


def _dtype_bytes(config: Mapping[str, Any], text: Mapping[str, Any]) -> int:
    """Bytes of one unquantised weight once loaded.

    ms-swift passes the config's dtype on, and 16 bits where there is none
    (ms-swift@4.6.0:swift/model/utils.py:247-266).
    """
    written = next(
        (c[key] for c in (config, text) for key in ("dtype", "torch_dtype") if isinstance(c.get(key), str)), ""
    )
    return _DTYPE_BYTES.get(written.removeprefix("torch."), 2)

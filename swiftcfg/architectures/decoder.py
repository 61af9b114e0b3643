"""The language model as a list of tensors, plain or quantised."""

from collections.abc import Iterator

from swiftcfg.architectures.description import Description
from swiftcfg.architectures.kinds import Architecture
from swiftcfg.architectures.quantization import Quantization, layout_of
from swiftcfg.architectures.tensors import Stack, Tensor
from swiftcfg.architectures.vision import vision_stacks
from swiftcfg.model import Moe, TextTower


def tensors_of(description: Description) -> list[Tensor] | None:
    """Every tensor a checkpoint of this description has, or None where the layout is not known."""
    stacks = stacks_of(description)
    return None if stacks is None else [tensor for stack in stacks for tensor in stack.members()]


def stacks_of(description: Description) -> list[Stack] | None:
    """The same, not yet listed one by one."""
    known, text, quantization = description.known, description.text, description.quantization
    if known is None or text is None or not description.layers_alike:
        return None
    if quantization is not None and layout_of(quantization) is None:
        return None
    counts = (text.layers, text.moe.experts if text.moe else 0)
    language = _decoder_tensors(description, known, text, description.dtype)
    stacks = [Stack(tensor, counts[: tensor.name.count("*")]) for tensor in language]
    if description.vision is not None:
        stacks += vision_stacks(description.vision, known.vision_prefix, description.dtype)
    return stacks


def _decoder_tensors(description: Description, known: Architecture, text: TextTower, dtype: str) -> Iterator[Tensor]:
    """One of each kind: the first ``*`` in a name is the layer, the second the expert."""
    prefix = known.text_prefix
    yield Tensor(f"{prefix}embed_tokens.weight", dtype, (text.vocab_size, text.hidden_size))
    yield Tensor(f"{prefix}norm.weight", dtype, (text.hidden_size,))
    if not text.tie_word_embeddings:
        yield Tensor("lm_head.weight", dtype, (text.vocab_size, text.hidden_size))
    yield from _layer_tensors(description, known, text, dtype, f"{prefix}layers.*.")


def _layer_tensors(
    description: Description, known: Architecture, text: TextTower, dtype: str, layer: str
) -> Iterator[Tensor]:
    width, attention = text.hidden_size, text.attention_heads * text.head_dim
    keys = text.kv_heads * text.head_dim
    quantization = description.quantization
    bias_in = known.decoder.bias == "qkv" or description.attention_bias
    bias_out = known.decoder.bias == "config" and description.attention_bias
    for name, rows, columns, bias in (
        ("q_proj", attention, width, bias_in),
        ("k_proj", keys, width, bias_in),
        ("v_proj", keys, width, bias_in),
        ("o_proj", width, attention, bias_out),
    ):
        yield from _linear(f"{layer}self_attn.{name}", rows, columns, dtype, quantization, bias=bias)
    for name in ("q_norm", "k_norm") if known.decoder.head_norms else ():
        yield Tensor(f"{layer}self_attn.{name}.weight", dtype, (text.head_dim,))
    for name in ("input_layernorm", "post_attention_layernorm"):
        yield Tensor(f"{layer}{name}.weight", dtype, (width,))
    if text.moe is None:
        yield from _mlp(f"{layer}mlp.", width, text.intermediate_size, dtype, quantization, bias=description.mlp_bias)
    else:
        experts = _fused_experts if known.decoder.fused_experts else _single_experts
        yield Tensor(f"{layer}mlp.gate.weight", dtype, (text.moe.experts, width))
        yield from experts(f"{layer}mlp.experts.", width, text.moe, dtype, quantization)


def _mlp(
    prefix: str, width: int, inner: int, dtype: str, quantization: Quantization | None, *, bias: bool = False
) -> Iterator[Tensor]:
    for name, rows, columns in (("gate_proj", inner, width), ("up_proj", inner, width), ("down_proj", width, inner)):
        yield from _linear(f"{prefix}{name}", rows, columns, dtype, quantization, bias=bias)


def _single_experts(
    prefix: str, width: int, moe: Moe, dtype: str, quantization: Quantization | None
) -> Iterator[Tensor]:
    yield from _mlp(f"{prefix}*.", width, moe.intermediate_size, dtype, quantization)


def _fused_experts(
    prefix: str, width: int, moe: Moe, dtype: str, quantization: Quantization | None
) -> Iterator[Tensor]:
    """One tensor for all experts, inputs first (vllm@0.23.0 qwen3_vl_moe.py load_fused_expert_weights)."""
    if quantization is not None:  # the published quantised checkpoints keep one tensor an expert
        yield from _single_experts(prefix, width, moe, dtype, quantization)
        return
    yield Tensor(f"{prefix}gate_up_proj", dtype, (moe.experts, width, 2 * moe.intermediate_size))
    yield Tensor(f"{prefix}down_proj", dtype, (moe.experts, moe.intermediate_size, width))


def _linear(
    module: str, rows: int, columns: int, dtype: str, quantization: Quantization | None, *, bias: bool
) -> Iterator[Tensor]:
    layout = layout_of(quantization) if quantization and quantization.converts(module) else None
    if layout and quantization:
        yield from layout(module, rows, columns, quantization)
    else:
        yield Tensor(f"{module}.weight", dtype, (rows, columns))
    if bias:
        yield Tensor(f"{module}.bias", dtype, (rows,))

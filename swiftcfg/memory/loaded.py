"""What is on the card once the model is loaded: weights, tables that the loader builds, LoRA buffers."""

from swiftcfg.architectures import bytes_per_rank
from swiftcfg.engine import EngineSettings
from swiftcfg.memory.allocator import decoder_rest
from swiftcfg.model import Model, TextTower, WeightGroup, Weights
from swiftcfg.units import MIB, Bytes, Range
from swiftcfg.values import dataclass

#: Width of a parameter after ``--vllm_quantization`` of an unquantised checkpoint, over its width before, in percent
#: of 16-bit weights. bitsandbytes keeps 4.5 bits with scales (bitsandbytes docs, nf4 with double quantisation off).
_QUANTIZED_AT_LOAD = {"fp8": 50, "bitsandbytes": 28}

#: Small allocations beyond parameters, tables and the rests of large blocks; logged weights less all of these.
_TEXT_REST = Range(0, 2 * MIB, 24 * MIB)
_VISION_REST = Range(0, 8 * MIB, 64 * MIB)
#: Where the tensors are packed, the rests of their blocks are not known one by one.
_PACKED_REST = Range(0, 8 * MIB, 64 * MIB)

_WIDTHS = {"float32": 4, "float": 4, "bfloat16": 2, "float16": 2, "half": 2}

#: vLLM makes M-RoPE tables four times as long as the context
#: (vllm@0.13.0:vllm/model_executor/layers/rotary_embedding/mrope.py:236).
_MROPE_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Loaded:
    """Amounts per rank with the sentence that explains each."""

    weights: Range
    weights_source: str
    tables: Range
    tables_source: str
    lora: Range | None


def dtype_width(model: Model, settings: EngineSettings) -> int:
    """Bytes of one activation or unquantised weight as it will be served."""
    return _WIDTHS.get(settings.torch_dtype or "", model.dtype_bytes)


def loaded(model: Model, settings: EngineSettings, batch_tokens: int) -> Loaded | None:
    """Everything that loading leaves on one rank; None where the weights are not known."""
    if model.weights is None:
        return None
    weights = _weights(model, model.weights, settings)
    tables, source = _tables(model, settings, batch_tokens)
    lora = _lora(model, settings) if settings.enable_lora and model.text else None
    return Loaded(weights, _weights_source(model, model.weights, settings), tables, source, lora)


def _weights_source(model: Model, weights: Weights, settings: EngineSettings) -> str:
    parts = [weights.source]
    if settings.tensor_parallel_size > 1:
        parts.append(f"one of {settings.tensor_parallel_size} ranks: split layers divided, norms and routers copied")
    if settings.quantization in _QUANTIZED_AT_LOAD and model.quantization is None:
        parts.append(f"linear layers quantised to {settings.quantization} while loading")
    return "; ".join(parts)


def _weights(model: Model, weights: Weights, settings: EngineSettings) -> Range:
    share = _QUANTIZED_AT_LOAD.get(settings.quantization or "") if model.quantization is None else None
    widened = dtype_width(model, settings) if model.quantization is None else model.dtype_bytes
    best, high = (
        _on_rank(model, _scaled(weights, share, vision=vision), settings) * widened // model.dtype_bytes
        for vision in (True, False)
    )
    return Range(best, best, high)


def _scaled(weights: Weights, share: int | None, *, vision: bool) -> Weights:
    """The checkpoint with its linear layers quantised; the tower is among them unless the method leaves it out."""
    if share is None:
        return weights
    parts = {"language", "vision"} if vision else {"language"}
    groups = (
        WeightGroup(group.part, group.sharding, Bytes(group.bytes_total * share // 100), group.tensors)
        if group.part in parts and group.sharding != "copied"
        else group
        for group in weights.groups
    )
    return Weights(tuple(groups), weights.source)


def _on_rank(model: Model, weights: Weights, settings: EngineSettings) -> int:
    text = model.text
    whole = bytes_per_rank(
        weights,
        settings.tensor_parallel_size,
        text.kv_heads if text else 1,
        tied=text.tie_word_embeddings if text else False,
        vision_copied=settings.mm_encoder_tp_mode == "data",
    )
    stages = settings.pipeline_parallel_size
    if stages == 1:
        return whole
    layers = bytes_per_rank(
        Weights(tuple(group for group in weights.groups if group.part == "language"), weights.source),
        settings.tensor_parallel_size,
        text.kv_heads if text else 1,
        tied=False,
        vision_copied=False,
    )
    return whole - layers + -(-layers // stages)


def _tables(model: Model, settings: EngineSettings, batch_tokens: int) -> tuple[Range, str]:
    """Rope tables, Qwen3-VL's deepstack buffers and small allocations; never split by tensor parallelism."""
    text, width = model.text, dtype_width(model, settings)
    rest = _TEXT_REST if model.vision is None else _VISION_REST
    if text is None:
        return rest, "small allocations of the loader"
    packed = model.quantization is not None or settings.quantization is not None
    blocks = _PACKED_REST if packed else Range.exactly(decoder_rest(text, settings.tensor_parallel_size, width))
    positions = text.max_position_embeddings * (_MROPE_FACTOR if text.mrope else 1)
    rope = positions * text.rotary_dim * width
    levels = model.vision.deepstack_levels if model.vision else 0
    deepstack = levels * batch_tokens * text.hidden_size * width
    parts = [f"rope table of {positions} positions"]
    if deepstack:
        parts.append(f"{levels} deepstack buffers of {batch_tokens} tokens (vllm@0.23.0:...qwen3_vl.py:1682)")
    parts.append("rests of large blocks (swiftcfg.memory.allocator)")
    return Range.exactly(rope + deepstack) + blocks + rest, ", ".join(parts)


def _lora(model: Model, settings: EngineSettings) -> Range:
    """Stacked A and B of every linear layer (vllm@0.20.0:vllm/lora/layers/*.py create_lora_weights)."""
    text = model.text
    if text is None:
        return Range.exactly(0)
    ranks = settings.tensor_parallel_size
    per_layer = _lora_layer(text, ranks)
    slots = settings.max_loras * settings.max_lora_rank * dtype_width(model, settings)
    best = slots * text.layers * per_layer
    vocabulary = slots * 2 * (text.vocab_size + text.hidden_size)
    return Range(best * 8 // 10, best + vocabulary // 2, best * 12 // 10 + vocabulary)


def _lora_layer(text: TextTower, ranks: int) -> int:
    """Inputs and outputs of the seven linear layers of a decoder layer, outputs of column layers split."""
    width, heads = text.hidden_size, text.attention_heads * text.head_dim
    keys, inner = text.kv_heads * text.head_dim, text.intermediate_size
    if text.moe is not None:
        inner = text.moe.intermediate_size * text.moe.experts
    inputs = 5 * width + (heads + inner) // ranks
    outputs = (heads + 2 * keys + 2 * inner) // ranks + 2 * width
    return inputs + outputs

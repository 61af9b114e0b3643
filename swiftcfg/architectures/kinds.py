"""What is known of each architecture by name: its decoder, its vision tower, how its tensors are called."""

from typing import Literal

from swiftcfg.model import TowerKind
from swiftcfg.values import dataclass

#: Which decoder parts carry a bias by design; ``config`` means attention_bias and mlp_bias decide.
Bias = Literal["qkv", "config"]


@dataclass(frozen=True, slots=True)
class Decoder:
    """A transformer decoder of the Llama line, as far as its tensors go."""

    bias: Bias = "config"
    head_norms: bool = False
    fused_experts: bool = False


@dataclass(frozen=True, slots=True)
class Architecture:
    """One class name of config.json's ``architectures``; prefixes are those of the published checkpoints.

    ``hybrid``: some layers keep a state instead of every token, whatever the file says of them, and differ from the
    others in their tensors. ``deepstack_levels`` are those of a tower whose file does not say.
    """

    decoder: Decoder
    tower: TowerKind | None = None
    text_prefix: str = "model."
    vision_prefix: str = "visual."
    default_head_dim: int | None = None
    hybrid: bool = False
    deepstack_levels: int = 0


_QWEN2 = Decoder(bias="qkv")
_QWEN3 = Decoder(head_norms=True)
_NESTED = ("model.language_model.", "model.visual.")
#: The tower of Qwen3-VL without its deepstack (transformers@5.19.0 configuration_qwen3_5.py, vllm@0.23.0:
#: vllm/model_executor/models/qwen3_5.py:578, Qwen3_VisionTransformer), before a decoder of two kinds of layer.
_QWEN3_5 = Architecture(Decoder(head_norms=True), "qwen3_vl", *_NESTED, default_head_dim=256, hybrid=True)

#: Sources: transformers@5.19.0 models/<model_type>/modeling_<model_type>.py (modules, biases, norms);
#: prefixes: vllm@0.23.0:vllm/model_executor/models/qwen2_vl.py:1185-1197, qwen3_vl.py:1624-1634 (hf_to_vllm_mapper).
ARCHITECTURES = {
    "LlamaForCausalLM": Architecture(Decoder()),
    "MistralForCausalLM": Architecture(Decoder()),
    "Qwen2ForCausalLM": Architecture(_QWEN2),
    "Qwen3ForCausalLM": Architecture(_QWEN3, default_head_dim=128),
    "Qwen3MoeForCausalLM": Architecture(_QWEN3, default_head_dim=128),
    "Qwen2VLForConditionalGeneration": Architecture(_QWEN2, "qwen2_vl"),
    "Qwen2_5_VLForConditionalGeneration": Architecture(_QWEN2, "qwen2_5_vl"),
    "Qwen3VLForConditionalGeneration": Architecture(
        _QWEN3, "qwen3_vl", *_NESTED, default_head_dim=128, deepstack_levels=3
    ),
    "Qwen3VLMoeForConditionalGeneration": Architecture(
        Decoder(head_norms=True, fused_experts=True), "qwen3_vl", *_NESTED, default_head_dim=128, deepstack_levels=3
    ),
    "Qwen3_5ForConditionalGeneration": _QWEN3_5,
    "Qwen3_5MoeForConditionalGeneration": _QWEN3_5,
}

"""Make a tiny vision-language model with random weights, to try a server that answers in no time.

usage: PYTHON tools/tiny_model.py qwen2_5_vl|qwen3_vl FOLDER

PYTHON is an interpreter with torch and transformers 5: that of the environment ``serve`` of tools/oracles.py. The
model talks nonsense, but ms-swift, transformers and vLLM load it like the real one, resize pictures and count tokens
like the real one, and 20 MB of disk and seconds are enough. Give FOLDER the name of a published model, such as
models/Qwen2.5-VL-7B-Instruct: ms-swift tells families that share an architecture by that name.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

#: Qwen's own numbers: ms-swift's templates know those of <|image_pad|> and <|video_pad|> by heart
#: (ms-swift@4.6.0:swift/template/templates/qwen.py, class Qwen2VLTemplate), so they stay, with a hole below them.
FIRST_SPECIAL = 151_643
SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
IDS = {token: FIRST_SPECIAL + place for place, token in enumerate(SPECIAL)}
#: Rows of the embedding in the published models; they are most of the 20 MB.
VOCABULARY = 151_936
CONTEXT = 32_768
HIDDEN = 64
#: vLLM's attention on a CPU starts at heads of 32 (vllm@0.32.0:vllm/v1/attention/backends/cpu_attn.py:69).
HEAD = 32
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'text' %}{{ part['text'] }}"
    "{% elif 'video' in part['type'] %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}<|vision_start|><|image_pad|><|vision_end|>{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

TEXT = {
    "hidden_size": HIDDEN,
    "intermediate_size": 2 * HIDDEN,
    "num_attention_heads": HIDDEN // HEAD,
    "num_key_value_heads": 1,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": CONTEXT,
    "bos_token_id": IDS["<|endoftext|>"],
    "eos_token_id": IDS["<|im_end|>"],
    "tie_word_embeddings": True,
}
VISION = {
    "hidden_size": HIDDEN,
    "intermediate_size": 2 * HIDDEN,
    "num_heads": HIDDEN // HEAD,
    "out_hidden_size": HIDDEN,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "in_channels": 3,
}
PROCESSOR = {"temporal_patch_size": 2, "merge_size": 2}


def qwen2_5_vl() -> tuple[Any, dict[str, dict[str, Any]]]:
    """The model, and the files of its processors; limits of pixels as Qwen2.5-VL-7B-Instruct has them."""
    mrope = {"type": "mrope", "rope_type": "default", "mrope_section": [4, 6, 6]}
    config = transformers.Qwen2_5_VLConfig(
        text_config={**TEXT, "num_hidden_layers": 2, "rope_theta": 1e6, "rope_scaling": mrope},
        vision_config={
            **VISION, "depth": 2, "patch_size": 14, "window_size": 112, "fullatt_block_indexes": [1],
            "tokens_per_second": 2,
        },
        **_common(),
    )  # fmt: skip
    images = {
        **PROCESSOR,
        "processor_class": "Qwen2_5_VLProcessor",
        "image_processor_type": "Qwen2VLImageProcessor",
        "patch_size": 14,
        "min_pixels": 3136,
        "max_pixels": 12845056,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    }
    return transformers.Qwen2_5_VLForConditionalGeneration(config), {"preprocessor_config.json": images}


def qwen3_vl() -> tuple[Any, dict[str, dict[str, Any]]]:
    """The model, and the files of its processors; limits of pixels as Qwen3-VL-8B-Instruct has them."""
    mrope = {"rope_type": "default", "mrope_interleaved": True, "mrope_section": [6, 5, 5]}
    config = transformers.Qwen3VLConfig(
        text_config={**TEXT, "num_hidden_layers": 4, "head_dim": HEAD, "rope_theta": 5e6, "rope_scaling": mrope},
        vision_config={
            **VISION, "depth": 3, "patch_size": 16, "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [0, 1, 2],
        },
        **_common(),
    )  # fmt: skip
    shared = {**PROCESSOR, "processor_class": "Qwen3VLProcessor", "patch_size": 16}
    shared |= {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    images = {"image_processor_type": "Qwen2VLImageProcessorFast", "size": _edges(65_536, 16_777_216)}
    videos = {"video_processor_type": "Qwen3VLVideoProcessor", "size": _edges(4096, 25_165_824)}
    return transformers.Qwen3VLForConditionalGeneration(config), {
        "preprocessor_config.json": {**shared, **images},
        "video_preprocessor_config.json": {**shared, **videos},
    }


KINDS = {"qwen2_5_vl": qwen2_5_vl, "qwen3_vl": qwen3_vl}


def _common() -> dict[str, Any]:
    return {
        "image_token_id": IDS["<|image_pad|>"],
        "video_token_id": IDS["<|video_pad|>"],
        "vision_start_token_id": IDS["<|vision_start|>"],
        "vision_end_token_id": IDS["<|vision_end|>"],
        "tie_word_embeddings": True,
        "dtype": "bfloat16",
    }


def _edges(shortest: int, longest: int) -> dict[str, int]:
    return {"shortest_edge": shortest, "longest_edge": longest}


def tokenizer() -> Tokenizer:
    """One token a byte, and Qwen's special tokens."""
    letters = {letter: number for number, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(vocab={**letters, **IDS}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    assert {token: made.token_to_id(token) for token in SPECIAL} == IDS
    return made


def tokenizer_settings() -> dict[str, Any]:
    """tokenizer_config.json."""
    plain = dict.fromkeys(("lstrip", "rstrip", "normalized", "single_word"), False)
    return {
        "tokenizer_class": "Qwen2TokenizerFast",
        "add_bos_token": False,
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "unk_token": None,
        "errors": "replace",
        "model_max_length": CONTEXT,
        "additional_special_tokens": list(SPECIAL[1:]),
        "added_tokens_decoder": {str(IDS[token]): {"content": token, "special": True, **plain} for token in SPECIAL},
        "chat_template": CHAT_TEMPLATE,
    }


def write(kind: str, folder: Path) -> None:
    """Make the checkpoint folder; the same weights every time."""
    folder.mkdir(parents=True, exist_ok=True)
    transformers.logging.disable_progress_bar()
    torch.manual_seed(0)
    model, files = KINDS[kind]()
    model = model.to(torch.bfloat16)
    model.generation_config = transformers.GenerationConfig(
        bos_token_id=IDS["<|endoftext|>"],
        pad_token_id=IDS["<|endoftext|>"],
        eos_token_id=[IDS["<|im_end|>"], IDS["<|endoftext|>"]],
        do_sample=False,
    )
    model.save_pretrained(folder)
    tokenizer().save(str(folder / "tokenizer.json"))
    for name, content in {**files, "tokenizer_config.json": tokenizer_settings()}.items():
        _write_json(folder / name, content)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def main(arguments: list[str]) -> None:
    if len(arguments) != len(("kind", "folder")) or arguments[0] not in KINDS:
        sys.exit(__doc__)
    kind, folder = arguments
    write(kind, Path(folder))
    size = sum(path.stat().st_size for path in Path(folder).iterdir())
    print(f"{folder}: {kind}, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])

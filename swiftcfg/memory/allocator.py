"""What torch's caching allocator adds to large tensors that never move: the rest of a block that it does not split.

Blocks of at least 10 MiB are cut to multiples of 2 MiB, and a rest of up to 1 MiB stays with its tensor
(pytorch@2.7:c10/cuda/CUDACachingAllocator.cpp kMinLargeAlloc, kRoundLarge, should_split). A layer of Qwen2.5-7B loses
2 MiB so, one of Llama-3.1-8B nothing; start-up logs show both to the megabyte.
"""

from swiftcfg.model import TextTower
from swiftcfg.units import MIB

_LEAST, _STEP, _KEPT = 10 * MIB, 2 * MIB, MIB


def block_rest(size: int) -> int:
    """Bytes that a tensor of ``size`` takes beyond its own."""
    if size < _LEAST:
        return 0
    rest = -size % _STEP
    return rest if rest <= _KEPT else 0


def decoder_rest(text: TextTower, ranks: int, width: int) -> int:
    """The same for a whole unquantised decoder on one of ``ranks`` ranks, as the engine joins its tensors."""
    hidden, heads = text.hidden_size, text.attention_heads // ranks or 1
    keys = max(1, text.kv_heads // ranks)
    layer = [(heads + 2 * keys) * text.head_dim * hidden, heads * text.head_dim * hidden]
    if text.moe is None:
        wide = text.intermediate_size // ranks * hidden
        layer += [2 * wide, wide]
    else:
        wide = text.moe.experts * (text.moe.intermediate_size // ranks) * hidden
        layer += [2 * wide, wide]
    vocabulary = text.vocab_size // ranks * hidden
    ends = [vocabulary] * (1 if text.tie_word_embeddings else 2)
    return text.layers * sum(block_rest(size * width) for size in layer) + sum(
        block_rest(size * width) for size in ends
    )

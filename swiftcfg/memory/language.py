"""What the language model and the sampler hold at their worst moment in the first run."""

from swiftcfg.memory.versions import Behaviour
from swiftcfg.model import TextTower
from swiftcfg.units import Range

#: Compiled graphs reuse buffers better than the count, attention and quantised kernels add workspaces.
_LOW, _HIGH = 60, 130

SOURCE = (
    "one batch of max_num_batched_tokens through a layer: gate and up, their product, residual, norm and output "
    "(vllm@0.20.0:vllm/model_executor/models/qwen2.py); checked against the activation peaks of V0 start-up logs"
)
MOE_SOURCE = (
    "one batch through a layer of experts: two caches of tokens x experts per token "
    "(vllm@0.20.0:vllm/model_executor/layers/fused_moe/fused_moe.py)"
)
SAMPLER_SOURCE = (
    "max_num_seqs rows of logits through top-k and top-p "
    "(vllm@0.10.2:vllm/v1/worker/gpu_model_runner.py _dummy_sampler_run, v1/sample/ops/topk_topp_sampler.py)"
)


def language_peak(text: TextTower, tokens: int, ranks: int, dtype_bytes: int) -> Range:
    """Bytes alive in one layer for ``tokens`` tokens on one of ``ranks`` ranks."""
    width = text.hidden_size
    if text.moe is None:
        best = tokens * (3 * text.intermediate_size // ranks + 4 * width) * dtype_bytes
    else:
        inner = text.moe.intermediate_size // ranks
        cached = text.moe.experts_per_token * (max(2 * inner, width) + inner)
        best = tokens * (cached + 4 * width) * dtype_bytes
    return Range(best * _LOW // 100, best, best * _HIGH // 100)


def sampler_peak(text: TextTower, behaviour: Behaviour, rows: int, tokens: int, dtype_bytes: int) -> Range:
    """Bytes of the sampler's run over ``rows`` sequences, beside the hidden states of the batch."""
    hidden = tokens * text.hidden_size * dtype_bytes
    logits = min(rows, tokens) * text.vocab_size
    low, best, high = (logits * share + hidden for share in behaviour.sampler)
    return Range(low, best, high)

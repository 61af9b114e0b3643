"""What the engine takes beside weights, activations and cache: libraries, CUDA graphs, buffers, growth.

These are not computed from a model but seen in start-up logs, so their ranges are wide.
"""

from swiftcfg.memory.case import Case
from swiftcfg.memory.plan import Term
from swiftcfg.units import GIB, MIB, Range

_NOTHING = Range.exactly(0)
_LOGS = "range seen in published start-up logs"

#: What nvidia-smi calls used before any tensor, beyond the context: cuBLAS and attention workspaces.
#: Logs print 0.01-0.12 GiB on one GPU (vLLM 0.7 to 0.26), 0.26-0.35 in 0.6.
_WORKSPACES = Range(10 * MIB, 60 * MIB, 360 * MIB)

#: From 0.28 on the engine takes whatever left the card: logs print 0.30-0.56 GiB beyond the weights.
_CONSUMED = Range(200 * MIB, 420 * MIB, 850 * MIB)

#: NCCL and the buffers of collective operations per rank: 0.2-0.43 GiB for 2 and 4 ranks in logs, up to 1.4 on H200.
_NCCL = Range(150 * MIB, 320 * MIB, 1400 * MIB)

#: CUDA graphs of one rank, in MiB: a constant and a share per decoder layer. Logs: 0.17-0.67 GiB typical, 1.9-2.4 GiB
#: for 28-48 layers in some; the estimate from 0.20 on: 0.49-0.58 GiB for 24-32 layers, 1.55 for 64.
_CAPTURED = ((90, 2), (200, 11), (400, 58))
_ESTIMATED = ((150, 2), (330, 7), (700, 20))

#: vLLM's own hints leave 150 MiB (vllm@0.32.0:vllm/v1/worker/gpu_worker.py redundancy_buffer_memory); fragments and
#: lazily created workspaces beyond it.
_GROWTH = Range(0, 150 * MIB, 512 * MIB)

#: 0.11 with a vision tower grew by gigabytes over days: https://github.com/vllm-project/vllm/issues/28230,
#: https://github.com/QwenLM/Qwen3-VL/issues/1522.
_GROWTH_011 = Range(0, 400 * MIB, 2 * GIB)


def workspaces(case: Case) -> Term:
    if case.behaviour.counts_consumed:
        source = f"what left the card beyond the weights, vllm@0.28.0:vllm/utils/mem_utils.py; {_LOGS}"
        return Term("workspaces", _CONSUMED, source, inside_budget=True)
    return Term("workspaces", _WORKSPACES, f"cuBLAS, cuDNN and attention workspaces; {_LOGS}", inside_budget=True)


def nccl(case: Case) -> Term:
    amount = _NCCL if case.several else _NOTHING
    place = "inside" if case.behaviour.nccl_inside else "outside"
    source = f"communication between ranks, {place} the budget in this version ({case.behaviour.sources[0]}); {_LOGS}"
    if not case.several:
        source = "one rank needs no communication"
    return Term("nccl", amount, source, case.behaviour.nccl_inside)


def graphs(case: Case) -> Term:
    """CUDA graphs: an estimate inside the budget from 0.20 on, memory on top of it before."""
    inside = case.behaviour.graphs_inside
    text = case.model.text
    if case.settings.enforce_eager or text is None:
        return Term("cuda graphs", _NOTHING, "enforce_eager captures none", inside)
    rows = _ESTIMATED if inside else _CAPTURED
    sizes = capture_sizes(case)
    amount = Range(*(round((base + share * text.layers * sizes) * MIB) for base, share in rows))
    what = "estimated before the cache is sized" if inside else "captured after the cache is sized, outside the budget"
    return Term("cuda graphs", amount, f"{what}; {_LOGS}", inside)


def capture_sizes(case: Case) -> float:
    """Batch sizes that are captured, as a share of all of them (vllm@0.9.2:vllm/config.py cuda_graph_sizes)."""
    most = 256 if case.behaviour.engine == "V0" else 512
    cap = min(most, case.batch.max_num_seqs * (1 if case.behaviour.engine == "V0" else 2))
    return (3 + cap // 8) / (3 + most // 8)


def uncounted_buffers(case: Case) -> Term:
    """Input buffers that the engine makes before it loads the model, which no line of its account contains."""
    text, batch = case.model.text, case.batch
    if text is None or case.behaviour.counts_consumed:
        return Term("input buffers", _NOTHING, "counted by the engine in this version", inside_budget=False)
    embeddings = batch.tokens * text.hidden_size * case.width if case.model.vision else 0
    tables = batch.max_num_seqs * (batch.max_model_len // 16) * 4
    source = "inputs_embeds and block tables (vllm@0.20.0:vllm/v1/worker/gpu_model_runner.py __init__)"
    return Term("input buffers", Range.exactly(embeddings + tables), source, inside_budget=False)


def growth(case: Case) -> Term:
    troubled = (case.version.major, case.version.minor) == (0, 11) and case.model.vision is not None
    source = "fragments and late workspaces; vLLM's own hints keep 150 MiB (vllm@0.32.0:vllm/v1/worker/gpu_worker.py)"
    if troubled:
        source += "; 0.11 grew in service: https://github.com/vllm-project/vllm/issues/28230"
    return Term("growth", _GROWTH_011 if troubled else _GROWTH, source, inside_budget=False)

"""Limits that the command leaves unset, as the engine fills them in."""

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.plan import Server
from swiftcfg.memory.versions import Behaviour
from swiftcfg.model import Model
from swiftcfg.units import GIB, Tokens
from swiftcfg.values import dataclass

#: vllm@0.12.0:vllm/config/scheduler.py:44 and vllm@0.8.5:vllm/config.py:1993-1999.
_BATCH_TOKENS = 2048

#: ms-swift@4.6.0:swift/arguments/infer_args.py: vllm_max_num_seqs = 256, vllm_gpu_memory_utilization = 0.9.
SWIFT_MAX_NUM_SEQS = 256
SWIFT_UTILIZATION = 0.9

#: ``vllm serve``: smallest card in GiB, max_num_batched_tokens, max_num_seqs
#: (vllm@0.13.0:vllm/engine/arg_utils.py:1797-1816; the first row from 0.28 on).
_SERVE_DEFAULTS = ((160, 16384, 1024), (70, 8192, 1024), (0, 2048, 256))

#: Says that the command gave a limit itself.
GIVEN = "given"

#: V0 chunks prompts by default above this length, text models only (vllm@0.8.5:vllm/engine/arg_utils.py:1504-1533).
_LONG_CONTEXT = 32768


@dataclass(frozen=True, slots=True)
class Batch:
    """The limits that size the engine's first run."""

    max_model_len: Tokens
    max_num_seqs: int
    tokens: Tokens
    source: str


def utilization(behaviour: Behaviour, settings: EngineSettings, server: Server) -> float:
    """The share of the card's memory the engine takes; ms-swift always passes its own."""
    if settings.gpu_memory_utilization is not None:
        return settings.gpu_memory_utilization
    return SWIFT_UTILIZATION if server == "swift" else behaviour.default_utilization


def resolve_batch(
    model: Model, gpu: Gpu, behaviour: Behaviour, settings: EngineSettings, server: Server
) -> Batch | None:
    """Fill in lengths and batch sizes; None where the model's own length is not known and none is given."""
    length = settings.max_model_len or (model.text.max_position_embeddings if model.text else None)
    if not length:
        return None
    sees = model.vision is not None
    if behaviour.engine == "V0":
        seqs, tokens, why = _v0_batch(length, settings, sees=sees)
    elif server == "vllm":
        seqs, tokens, why = _serve_batch(gpu, behaviour, settings)
    else:
        seqs = settings.max_num_seqs or SWIFT_MAX_NUM_SEQS
        tokens = behaviour.multimodal_batch if sees else _BATCH_TOKENS
        why = "what vLLM takes for an engine that a program makes (UsageContext.ENGINE_CONTEXT)"
    if settings.max_num_batched_tokens:
        return Batch(Tokens(length), seqs, settings.max_num_batched_tokens, GIVEN)
    if behaviour.clips_batch:
        tokens = min(tokens, seqs * length)
    if settings.max_num_seqs is None and server == "vllm":
        seqs = min(seqs, tokens)
    return Batch(Tokens(length), seqs, Tokens(tokens), why)


def _v0_batch(length: int, settings: EngineSettings, *, sees: bool) -> tuple[int, int, str]:
    seqs = settings.max_num_seqs or SWIFT_MAX_NUM_SEQS
    if not sees and length > _LONG_CONTEXT:
        return seqs, _BATCH_TOKENS, "V0 chunks prompts of text models with more than 32768 positions"
    floor = 5120 if sees else _BATCH_TOKENS
    return seqs, max(length, floor), "V0 prefills a whole prompt at once"


def _serve_batch(gpu: Gpu, behaviour: Behaviour, settings: EngineSettings) -> tuple[int, int, str]:
    spared = behaviour.spares_a100 and "a100" in gpu.name.lower()
    rows = _SERVE_DEFAULTS if behaviour.doubles_at_160 else _SERVE_DEFAULTS[1:]
    smallest, tokens, seqs = next(
        row
        for row in rows
        if gpu.cuda_total.best >= row[0] * GIB and not (row[0] == 70 and spared)  # noqa: PLR2004
    )
    return settings.max_num_seqs or seqs, tokens, f"vllm serve on a card of at least {smallest} GiB"

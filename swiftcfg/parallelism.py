"""Which tensor-parallel sizes a model can be split over, and why not the others."""

from collections.abc import Iterator

from swiftcfg.model import Model, TextTower, VisionTower

#: vLLM pads the vocabulary to a multiple of this before it splits it
#: (vllm@0.32.0:vllm/model_executor/layers/vocab_parallel_embedding.py, DEFAULT_VOCAB_PADDING_SIZE).
VOCAB_PADDING = 64


def obstacles(model: Model, ranks: int) -> tuple[str, ...]:
    """Why ``model`` cannot be split over ``ranks`` GPUs; empty where it can, or where nothing is known."""
    if ranks == 1:
        return ()
    found: list[str] = []
    if model.text:
        found += _text_obstacles(model.text, ranks)
        found += _group_obstacles(model, ranks)
    if model.vision:
        found += _vision_obstacles(model.vision, ranks)
    return tuple(found)


def splits(model: Model, gpus: int) -> tuple[int, ...]:
    """The tensor-parallel sizes up to ``gpus`` that the model allows, smallest first."""
    return tuple(ranks for ranks in range(1, gpus + 1) if not obstacles(model, ranks))


def _text_obstacles(text: TextTower, ranks: int) -> Iterator[str]:
    if text.attention_heads % ranks:
        yield f"{text.attention_heads} attention heads do not divide by {ranks}"
    if text.kv_heads % ranks and ranks % text.kv_heads:
        yield f"{text.kv_heads} key/value heads neither divide by {ranks} nor divide it"
    padded = -(-text.vocab_size // VOCAB_PADDING) * VOCAB_PADDING
    if padded % ranks:
        yield f"a vocabulary of {padded} rows (padded to {VOCAB_PADDING}) does not divide by {ranks}"
    width = text.moe.intermediate_size if text.moe else text.intermediate_size
    if width % ranks:
        yield f"an MLP width of {width} does not divide by {ranks}"


def _group_obstacles(model: Model, ranks: int) -> Iterator[str]:
    """Quantised rows are split too: each rank must get whole groups."""
    if model.text is None or model.quantization_group is None:
        return
    width = model.text.moe.intermediate_size if model.text.moe else model.text.intermediate_size
    if width % ranks == 0 and (width // ranks) % model.quantization_group:
        yield (
            f"an MLP width of {width} over {ranks} ranks is no multiple of the "
            f"{model.quantization} group size {model.quantization_group}"
        )


def _vision_obstacles(vision: VisionTower, ranks: int) -> Iterator[str]:
    if vision.heads % ranks:
        yield f"{vision.heads} vision heads do not divide by {ranks}"
    if vision.intermediate_size % ranks:
        yield f"a vision MLP width of {vision.intermediate_size} does not divide by {ranks}"

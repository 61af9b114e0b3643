"""The market: quantised builds of a model and other cards, for the alternatives that a plan weighs."""

from collections.abc import Iterable

from swiftcfg.catalogue import catalogue_models
from swiftcfg.gpu import Gpu
from swiftcfg.gpu_catalogue import Card
from swiftcfg.gpu_spec import card_gpu
from swiftcfg.model import Model
from swiftcfg.nvml import gpu_catalogue
from swiftcfg.planner import Market

#: Bfloat16 and FlashAttention begin with Ampere (vllm@0.23.0:vllm/platforms/cuda.py).
LEAST_CAPABILITY = (8, 0)


def market_of(model: Model, gpus: tuple[Gpu, ...]) -> Market:
    """What else there is for this model and these cards, each kind from the least change to the largest."""
    return Market(_fewer_bits(model), _cards(gpus))


def _fewer_bits(model: Model) -> tuple[Model, ...]:
    """Published builds of the very same towers with smaller weights, largest weights first."""
    if model.weights is None or model.text is None or model.vision is None:
        return ()
    size = model.weights.total()
    builds = [
        other
        for other in catalogue_models(model.model_type)
        if other.quantization
        and _shape(other) == _shape(model)
        and other.weights is not None
        and other.weights.total() < size
        and _same_line(model.name, other.name)
    ]
    return tuple(sorted(builds, key=lambda build: -build.weights.total() if build.weights else 0))


def _shape(model: Model) -> tuple[object, ...]:
    """What two builds of one model share; quantised ones may have wider MLPs, padded to whole groups."""
    text, vision = model.text, model.vision
    shape = (text.layers, text.hidden_size, text.attention_heads, text.kv_heads) if text else ()
    return (*shape, vision.kind if vision else None, model.model_type)


def _same_line(name: str, other: str) -> bool:
    """Whether two builds go by one name: an Instruct is no Thinking. A folder's own name says nothing."""
    words = ("thinking", "instruct")
    mine = [word for word in words if word in name.lower()]
    return not mine or all(word in other.lower() for word in mine)


def _cards(gpus: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """The newest card of each amount of memory, smallest first; those of the planned cards' own size are left out."""
    catalogue = gpu_catalogue()
    served = [card for card in catalogue.cards if _still_served(card)]
    sizes = sorted({card.nvml_total for card in served} - {gpu.nvml_total for gpu in gpus})
    return tuple(card_gpu(_newest(card for card in served if card.nvml_total == size), catalogue) for size in sizes)


def _newest(cards: Iterable[Card]) -> Card:
    """The first of the newest generation among them."""
    return max(cards, key=lambda card: card.compute_capability)


def _still_served(card: Card) -> bool:
    """Whether a card is new enough to be worth having for this."""
    return card.compute_capability >= LEAST_CAPABILITY

"""The market: quantised builds of a model and other cards, for the alternatives that a plan weighs."""

from swiftcfg.catalogue import catalogue_models
from swiftcfg.gpu import Gpu
from swiftcfg.gpu_spec import card_gpu
from swiftcfg.model import Model
from swiftcfg.nvml import gpu_catalogue
from swiftcfg.planner import Market

#: The cards to weigh: those that are rented and sold for this, one or two for each amount of memory.
OFFERED = (
    "RTX5080", "L4", "RTX4090", "RTX5090", "A100-40GB", "L40S", "H100-80GB", "A100-80GB", "RTX-PRO-6000",
    "H200-141GB", "B200", "B300",
)  # fmt: skip


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
    """One card of each amount of memory, smallest first; those of about the planned cards' own size are left out."""
    catalogue = gpu_catalogue()
    cards = [card_gpu(card, catalogue) for name in OFFERED for card in catalogue.named(name)]
    other = [card for card in cards if not any(_alike(card.nvml_total, gpu.nvml_total) for gpu in gpus)]
    return tuple(sorted(other, key=lambda card: card.nvml_total))


def _alike(amount: int, other: int) -> bool:
    """Whether two cards have as good as the same memory: an H100 and an A100 of 80 GB do."""
    return abs(amount - other) * 20 < max(amount, other)

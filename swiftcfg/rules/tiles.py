"""Models that cut images into tiles, by name: what the largest image costs."""

import re

from swiftcfg.flags import FlagCatalog
from swiftcfg.rules.releases import model_words
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tokens that the largest image becomes; ``context`` where the language model has little."""

    names: str
    image_tokens: int
    context: int | None = None
    remedy: str = ""


#: 12 tiles and the thumbnail; four tiles of 24 x 24 patches, the whole image, and 48 ends of rows.
_MODELS = (
    Tiles(
        r"internvl-?_?(chat|[23])", 13 * 256,
        remedy='; --vllm_engine_kwargs \'{"mm_processor_kwargs": {"max_dynamic_patch": 6}}\' makes it 1792 an image',
    ),
    Tiles(r"llava-?_?v?1[._]6.*vicuna", 2928, 4096),
    Tiles(r"llava-?_?v?1[._]6", 2928),
)  # fmt: skip


def tiles_of(script: Script, catalog: FlagCatalog) -> Tiles | None:
    """How the model that a call names cuts images; None where that is not known."""
    words = model_words(in_force(script, catalog))
    return next((row for word in words for row in _MODELS if re.search(row.names, word)), None)

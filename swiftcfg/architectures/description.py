"""Description: what a config.json says about a model, whichever of its layouts it uses."""

from collections.abc import Mapping
from typing import Any

from swiftcfg.architectures.fields import flag, listed
from swiftcfg.architectures.kinds import ARCHITECTURES, Architecture
from swiftcfg.architectures.quantization import Quantization, read_quantization
from swiftcfg.architectures.text import has_layers_alike, missing_sizes, read_text, text_section
from swiftcfg.architectures.vision import read_vision
from swiftcfg.errors import InputError
from swiftcfg.model import TextTower, VisionTower
from swiftcfg.values import dataclass

#: torch's names for a dtype -> safetensors' own.
_DTYPES = {"float32": "F32", "float": "F32", "float16": "F16", "half": "F16"}

_NO_CACHE = "KV bytes per token are not known"
_HYBRID = "only some layers keep keys and values of every token; KV bytes per token are not modelled"


@dataclass(frozen=True, slots=True)
class Description:
    """A config.json, understood. ``known`` is None for an architecture without a row in ``kinds``.

    ``tied`` is None where the file does not say. ``layers_alike`` is False where dense layers and
    mixtures of experts alternate, or linear attention and full. ``sees`` holds of a tower of any kind.
    """

    architecture: str
    known: Architecture | None
    text: TextTower | None
    vision: VisionTower | None
    attention_bias: bool
    mlp_bias: bool
    layers_alike: bool
    sees: bool
    tied: bool | None
    dtype: str
    quantization: Quantization | None
    unknowns: tuple[str, ...]

    @property
    def dtype_bytes(self) -> int:
        """Bytes of one unquantised weight once loaded."""
        return 4 if self.dtype == "F32" else 2


def describe(config: Mapping[str, Any]) -> Description:
    """Read a config.json in any layout from transformers 4.37 to 5.x; raises InputError on impossible values."""
    architecture = next(iter(listed(config, "architectures")), None)
    known = ARCHITECTURES.get(architecture or "")
    text_config = text_section(config)
    tied = flag(config, "tie_word_embeddings")
    tied = flag(text_config, "tie_word_embeddings") if tied is None else tied
    text, text_unknown = _text(text_config, known, tied=bool(tied))
    vision, vision_unknown = read_vision(config, known)
    return Description(
        architecture=architecture or "unknown",
        known=known,
        text=text,
        vision=vision,
        attention_bias=bool(flag(text_config, "attention_bias")),
        mlp_bias=bool(flag(text_config, "mlp_bias")),
        layers_alike=has_layers_alike(text_config) and not (known and known.hybrid),
        sees=vision is not None or vision_unknown is not None,
        tied=tied,
        dtype=_dtype(config, text_config),
        quantization=read_quantization(text_config),
        unknowns=tuple(sentence for sentence in (text_unknown, vision_unknown) if sentence),
    )


def _text(text: Mapping[str, Any], known: Architecture | None, *, tied: bool) -> tuple[TextTower | None, str | None]:
    """The language tower, and what is not known of it.

    A size that is no number is a fault in an architecture we know; others may mean something by it.
    """
    try:
        tower = read_text(text, known, tied=tied)
        missing = missing_sizes(text)
    except InputError as fault:
        if known:
            raise
        return None, f"{fault.sentence}; {_NO_CACHE}"
    if missing:
        return tower, f"config.json does not say {', '.join(missing)}; {_NO_CACHE}"
    return tower, _HYBRID if tower and tower.kv_kind == "hybrid" else None


def _dtype(config: Mapping[str, Any], text: Mapping[str, Any]) -> str:
    """The dtype weights are loaded in.

    ms-swift passes the config's dtype on, and 16 bits where there is none
    (ms-swift@4.6.0:swift/model/utils.py:247-266).
    """
    values = [record.get(name) for record in (config, text) for name in ("dtype", "torch_dtype")]
    written = next((value for value in values if isinstance(value, str)), "")
    return _DTYPES.get(written.removeprefix("torch."), "BF16")

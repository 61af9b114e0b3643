"""Quantisation when loading, half stated.

``--quant_method bnb`` wants ``--quant_bits``, and of the right size: ms-swift ends the start with ``Please set the
quant_bits``, with every engine. The bits without a method are accepted and do nothing: the model is served in 16 bits.
Checkpoints that are quantised already need neither.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers --quant_bits 4

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers --quant_bits 4 --quant_method bnb
"""

from collections.abc import Iterator
from typing import Any

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/arguments/base_args/quant_args.py:45-91",
    "ms-swift@3.0.0:swift/llm/argument/base_args/quant_args.py:41-57",
)

#: The bits that each method takes, where not all that --quant_bits has do.
_BITS: dict[str, tuple[Any, ...]] = {"bnb": (4, 8), "quanto": (2, 4, 8, "float8")}
#: Methods that need --quant_bits.
_NEEDY = ("bnb", "hqq", "eetq", "quanto")


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    given = in_force(script, catalog)
    method, bits = given.get("quant_method"), given.get("quant_bits")
    if bits and not method and settings.backend == "transformers":
        yield Finding(f"{bits.shown} has no effect without --quant_method", bits.use.place, bits.use.spelling)
    if not method or method.value not in _NEEDY:
        return
    if not bits:
        yield Finding(f"{method.shown} needs --quant_bits: the start fails", method.use.place, method.use.spelling)
    elif bits.value is not None and bits.value not in _BITS.get(method.value, (bits.value,)):
        allowed = ", ".join(map(str, _BITS[method.value]))
        yield Finding(
            f"{bits.shown}: --quant_method {method.value} takes {allowed}; the start fails",
            bits.use.place,
            bits.use.spelling,
        )

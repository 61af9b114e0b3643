"""Attention of the vision tower that grows with the square of the image.

With the transformers backend ``--attn_impl eager`` stores a score for every pair of patches, and releases of
transformers before 4.54 a mask of all patches with sdpa: an image of 16,384 tokens has 65,536 patches. flash_attn
stores neither.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers --attn_impl eager

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers --attn_impl flash_attn
"""

from collections.abc import Iterator
from dataclasses import replace

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.memory import Demand, plan_memory
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.places import flag_place
from swiftcfg.rules.replan import ANY_CARD
from swiftcfg.rules.written import in_force
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.units import GIB, Tokens, gib

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "transformers@5.19.0:models/qwen2_5_vl/modeling_qwen2_5_vl.py",
    "https://github.com/open-compass/VLMEvalKit/issues/1183",
    "https://github.com/xorbitsai/inference/issues/3923",
)

_FLASH = "flash_attn"
#: Text of the request that is weighed, and the difference that is worth a word.
_TEXT, _WORTH = Tokens(1024), GIB


def check(
    *, script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model, runtime: Runtime, limits: Limits
) -> Iterator[Finding]:
    if settings.backend != "transformers":
        return
    image = limits.image_max_tokens
    demand = Demand(Tokens(image + _TEXT), 1, {"image": image}, image)
    now, flash = (_peak(model, runtime, one, demand) for one in (settings, replace(settings, attn_impl=_FLASH)))
    if now - flash < _WORTH:
        return
    one = in_force(script, catalog).get("attn_impl")
    fix = Fix(f"--attn_impl {_FLASH}", (SetFlag(one.use.name if one else "attn_impl", _FLASH),), safe=False)
    yield Finding(
        f"attention {settings.attn_impl or 'sdpa'} takes about {gib(now)} for one image of {image} tokens, {_FLASH} "
        f"about {gib(flash)}",
        flag_place(script, "attn_impl") or script.place,
        "--attn_impl",
        fix,
    )


def _peak(model: Model, runtime: Runtime, settings: EngineSettings, demand: Demand) -> int:
    term = plan_memory(model, ANY_CARD, runtime, settings, demand).term("peak activation")
    return term.amount.best if term else 0

"""Flags that take a JSON object, and what ms-swift makes of their text."""

import json
from typing import Any

from swiftcfg import laxjson
from swiftcfg.flags import FlagCatalog
from swiftcfg.rules.written import Written, in_force, remembered
from swiftcfg.script import Script
from swiftcfg.settings.draft import REPAIRS_JSON
from swiftcfg.values import dataclass

_NAMES = ("limit_mm_per_prompt", "vllm_engine_kwargs", "vllm_speculative_config", "model_kwargs")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, and its value or why there is none: ``fault`` ends the start, ``unclear`` only ms-swift can tell."""

    text: str
    value: Any = None
    repaired: bool = False
    fault: str | None = None
    unclear: str | None = None


def is_json(name: str) -> bool:
    return name.endswith(_NAMES) or name == "columns"


@remembered
def readings(script: Script, catalog: FlagCatalog) -> tuple[tuple[Written, Reading], ...]:
    """The uses in force of such flags; a text that may be the name of a file is left out."""
    return tuple(
        (one, _read(one.word, repaired=catalog.version >= REPAIRS_JSON))
        for one in in_force(script, catalog).values()
        if is_json(one.name) and one.word is not None and not may_be_a_file(one.word)
    )


def may_be_a_file(text: str) -> bool:
    return "{" not in text and ("/" in text or text.endswith(".json"))


def _read(text: str, *, repaired: bool) -> Reading:
    try:
        value = laxjson.read(text, repaired=repaired)
    except laxjson.RefusedError as error:
        return Reading(text, fault=str(error))
    except laxjson.UnclearError as error:
        return Reading(text, unclear=str(error))
    return Reading(text, value, repaired=not is_strict(text))


def is_strict(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True

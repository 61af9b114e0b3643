"""Figures: how numbers stand in the output, and what they are in the units that are used here."""

import re
from decimal import Decimal
from functools import cache
from typing import Literal, NamedTuple

from swiftcfg.units import GIB, MIB, parse_bytes

Unit = Literal["bytes", "tokens", "items", "blocks", "share", "times"]

_NAME = re.compile(r"\{([a-z_]+)\}")
#: No number that means something is longer, and Python reads none of more than 4300 digits.
_NUMBER = r"-?\d[\d,]{0,29}(?:\.\d{1,30})?"
_SIZE = r"\d{1,30}(?:\.\d{1,30})? ?[KMGT]?i?B(?:ytes)?"

#: The last word of a group's name -> unit, and how many of it one is. ``size`` is a number with its own unit.
SCALES: dict[str, tuple[Unit, int]] = {
    "gib": ("bytes", GIB),
    "mib": ("bytes", MIB),
    "bytes": ("bytes", 1),
    "size": ("bytes", 1),
    "tokens": ("tokens", 1),
    "items": ("items", 1),
    "blocks": ("blocks", 1),
    "share": ("share", 1),
    "times": ("times", 1),
}


#: vLLM prints two decimals at most, and drops zeros at the end from 0.14.0 on: 15.6 may be 15.595
#: (vllm@0.14.0:vllm/utils/mem_utils.py format_gib). Longer ones are as exact as they look.
_FEWEST_DECIMALS = 2


class Figure(NamedTuple):
    """A number as text told it. The true one is within ``rounding`` of ``value``, since text is rounded."""

    name: str
    value: int | float
    unit: Unit
    rounding: int = 0


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern in which ``{kv_cache_gib}`` is a group of that name for a number.

    It is compiled when it is first needed: most starts see a third of all patterns.
    """
    named = _NAME.sub(lambda name: f"(?P<{name[1]}>{_SIZE if name[1].endswith('_size') else _NUMBER})", pattern)
    return re.compile(named, re.ASCII)


def scale_of(group: str) -> str | None:
    """What a group's figure is in: ``gib`` for ``kv_cache_gib``; None where the group is text."""
    name, _, scale = group.rpartition("_")
    return scale if name and scale in SCALES else None


def figure(group: str, text: str) -> Figure:
    """A group's figure in the smallest unit: ``kv_cache_gib`` with ``1.5`` is 1610612736 bytes of kv_cache."""
    name, _, scale = group.rpartition("_")
    unit, factor = SCALES[scale]
    if scale == "size":
        return Figure(name, parse_bytes(text.removesuffix("ytes")), unit)
    number = Decimal(text.replace(",", ""))
    if unit in {"share", "times"}:
        return Figure(name, float(number), unit)
    decimals = max(len(text.partition(".")[2]), _FEWEST_DECIMALS)
    return Figure(name, round(number * factor), unit, 0 if factor == 1 else factor // (2 * 10**decimals) + 1)

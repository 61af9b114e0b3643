"""Amounts in their smallest unit, and the text people write them as.

Inside, every amount is an int and its name says the unit. ``24GiB`` and ``80GB`` exist only at
the edges, and differ: GiB is 2**30 bytes, GB is 10**9.
"""

import re
from typing import NewType

from swiftcfg.errors import InputError
from swiftcfg.values import dataclass

Bytes = NewType("Bytes", int)
Tokens = NewType("Tokens", int)
Pixels = NewType("Pixels", int)

MIB = 2**20
GIB = 2**30

_BYTE_UNITS = {
    "": 1, "B": 1,
    "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
}  # fmt: skip
_WHOLE = re.compile(r"\s*[0-9]{1,18}\s*", re.ASCII)
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", re.ASCII)


def parse_bytes(text: str) -> Bytes:
    """Read ``24GiB``, ``80GB``, ``512MiB`` or a plain number of bytes.

    Raises InputError for anything else, negative and absurd (over 2**60) amounts included.
    """
    match = _AMOUNT.fullmatch(text)
    unit = _BYTE_UNITS.get(match.group(2).upper()) if match else None
    if match is None or unit is None:
        raise InputError(
            f"{text!r} is not an amount of memory",
            "write a number and a unit, such as 24GiB, 80GB or 512MiB",
        )
    amount = round(float(match.group(1)) * unit) if "." in match.group(1) else int(match.group(1)) * unit
    if amount > 2**60:
        raise InputError(f"{text!r} is more memory than any machine has", "check the unit: GiB, MiB, GB or MB")
    return Bytes(amount)


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|min)?", re.ASCII)
_SECONDS = {None: 1, "s": 1, "min": 60, "m": 60, "h": 3600}
#: A day: what waits longer waits for something else.
LONGEST_S = 86_400


def parse_duration(text: str) -> float:
    """Seconds from ``90s``, ``15m``, ``1.5h`` or a bare number of seconds; raises InputError for anything else."""
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else None
    if seconds is None or seconds > LONGEST_S:
        raise InputError(f"{text!r} is not a duration of up to a day", "write it as 90s, 15m or 1h")
    return seconds


def duration(seconds: float) -> str:
    """``4.2 s``, ``1 min 5 s``, ``2 h 3 min``: how long something took, for people."""
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def whole(text: str) -> int | None:
    """A whole number of up to 18 plain digits, or None where ``text`` is anything else, ``²`` included."""
    return int(text) if _WHOLE.fullmatch(text) else None


def gib(amount: float) -> str:
    """Write bytes for people, always in GiB with two decimals: ``15.45 GiB``."""
    return f"{amount / GIB:.2f} GiB"


@dataclass(frozen=True, slots=True)
class Range:
    """An amount that is known between two bounds: low <= best <= high, all in one unit."""

    low: int
    best: int
    high: int

    def __post_init__(self) -> None:
        if not self.low <= self.best <= self.high:
            raise ValueError(f"not ordered: {self.low}, {self.best}, {self.high}")

    @classmethod
    def exactly(cls, amount: int) -> "Range":
        return cls(amount, amount, amount)

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.best + other.best, self.high + other.high)

    def __sub__(self, other: "Range") -> "Range":
        """The widest difference: this one's low less the other's high, and the other way round."""
        return Range(self.low - other.high, self.best - other.best, self.high - other.low)

    def max(self, other: "Range") -> "Range":
        return Range(max(self.low, other.low), max(self.best, other.best), max(self.high, other.high))

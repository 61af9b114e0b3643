"""The arithmetic backwards: from the tokens of a picture to the limits of the server that counted them."""

from bisect import bisect_left, bisect_right
from dataclasses import replace
from typing import Literal

from swiftcfg.expectation.expected import tokens_of
from swiftcfg.media import Size
from swiftcfg.tokens import Limits, never_shrink_pixels
from swiftcfg.units import Pixels
from swiftcfg.values import dataclass

Variable = Literal["MAX_PIXELS", "MIN_PIXELS"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The size the model saw, and every value of the variable that gives it: ``low`` to ``high``, None for no end."""

    resized: Size
    variable: Variable
    low: Pixels | None
    high: Pixels | None

    def values(self) -> str:
        """``MAX_PIXELS=200,704 to 201,487``."""
        if self.low is None:
            return f"{self.variable}={self.high:,} or less"
        if self.high is None:
            return f"{self.variable}={self.low:,} or more"
        return f"{self.variable}={self.low:,}" + (f" to {self.high:,}" if self.high > self.low else "")


def explain(limits: Limits, size: Size, tokens: int) -> Explanation | None:
    """Which limit makes ``tokens`` of a picture; None where none does. All else is taken from ``limits``.

    A picture never gets more tokens by a lower limit, so that the values are found by halving.
    """
    area = limits.constants.factor**2
    unit = area if limits.library.in_tokens else 1
    native = never_shrink_pixels(size, limits.constants.factor)
    if tokens < 1 or tokens * area > native or (tokens * area == native < limits.constants.image_min):
        return _search(limits, size, tokens, "MIN_PIXELS", range(unit, (max(0, tokens) + 1) * area + 1, unit))
    return _search(limits, size, tokens, "MAX_PIXELS", range(unit, native + unit, unit))


def _search(limits: Limits, size: Size, tokens: int, variable: Variable, tried: range) -> Explanation | None:
    def count(value: int) -> int:
        return tokens_of(_with(limits, variable, value), size)

    first, after = bisect_left(tried, tokens, key=count), bisect_right(tried, tokens, key=count)
    if first == after:
        return None
    low, high = Pixels(tried[first]), Pixels(tried[after - 1] + tried.step - 1)
    return Explanation(
        _with(limits, variable, low).image(size).resized,
        variable,
        None if variable == "MIN_PIXELS" and first == 0 else low,
        None if variable == "MAX_PIXELS" and after == len(tried) else high,
    )


def _with(limits: Limits, variable: Variable, value: int) -> Limits:
    """The same limits with another value of one; the other one gives way."""
    if variable == "MAX_PIXELS":
        low, high = min(limits.constants.image_min, value), value
    else:
        low, high = value, max(limits.constants.image_max, value)
    return replace(limits, constants=replace(limits.constants, image_min=Pixels(low), image_max=Pixels(high)))

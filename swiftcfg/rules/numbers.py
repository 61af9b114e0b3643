"""Whole numbers as people write them where only digits are read."""

import math
import re

_PRODUCT = re.compile(r"\s*\d{1,9}(\s*[*x×]\s*\d{1,9}){1,5}\s*")  # noqa: RUF001  (people do write it)
_POWER = re.compile(r"\d{1,9}(\.\d+)?[eE]\+?\d{1,2}|\d{1,12}\.0*")
_GROUPED = re.compile(r"\d{1,3}([, ]\d{3})+")


def whole_number(text: str) -> int | None:
    """What ``1280*28*28``, ``1e6``, ``12.0`` or ``1,003,520`` means; None where it is not clear."""
    if _PRODUCT.fullmatch(text):
        return math.prod(map(int, re.findall(r"\d+", text)))
    if _GROUPED.fullmatch(text):
        return int(re.sub("[, ]", "", text))
    if _POWER.fullmatch(text) and float(text).is_integer():
        return int(float(text))
    return None

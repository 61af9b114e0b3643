"""Shares of sizes and clips: completed to 1, or made from percentiles."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from swiftcfg.media import Size, parse_size

#: Shares are written with two digits; three equal ones are 0.33 each.
SHARE_TOLERANCE = 0.015

_T = TypeVar("_T")


def completed(rows: Sequence[tuple[_T, float | None]]) -> tuple[tuple[_T, float], ...]:
    """Divide what is left of 1 equally among rows without a share; raises ValueError where shares miss 1."""
    given = sum(share for _, share in rows if share is not None)
    open_rows = sum(share is None for _, share in rows)
    if given > 1 + SHARE_TOLERANCE or (rows and not open_rows and given < 1 - SHARE_TOLERANCE):
        raise ValueError(f"the shares add up to {given:g}, they must add up to 1")
    rest = max(0.0, 1 - given) / open_rows if open_rows else 0.0
    whole = given + rest * open_rows
    return tuple((row, (rest if share is None else share) / whole) for row, share in rows)


def shares_of_percentiles(percentiles: Mapping[str, str]) -> tuple[tuple[Size, float], ...]:
    """p50, p95 and max become three sizes with the shares 0.5, 0.45 and 0.05; raises ValueError for faults."""
    if "max" not in percentiles:
        raise ValueError("percentiles must have max, the largest size")
    points: list[tuple[float, Size]] = []
    for word, text in percentiles.items():
        try:
            percent = 100.0 if word == "max" else float(word.removeprefix("p") if word.startswith("p") else "nan")
        except ValueError:
            percent = float("nan")
        if not (0 < percent < 100 or word == "max"):  # noqa: PLR2004  (percent)
            raise ValueError(f"{word!r} is not a percentile: write p50, p95, p99 or max")
        points.append((percent, parse_size(text)))
    points.sort(key=lambda point: point[0])
    if any(upper.pixels < lower.pixels for (_, lower), (_, upper) in pairwise(points)):
        raise ValueError("a higher percentile must not be a smaller size")
    return tuple(
        (size, (upper - lower) / 100) for (lower, _), (upper, size) in pairwise([(0.0, points[0][1]), *points])
    )

"""Lengths of time, as people write and read them."""

import pytest

from swiftcfg.errors import InputError
from swiftcfg.units import duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15m", 900),
        ("15min", 900),
        ("1.5h", 5400),
        ("30", 30),
        ("0.5", 0.5),
        (" 2m ", 120),
        ("24h", 86400),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1e3", "inf", "nan", "25h", "1 h", "m", "1d", "\uff19s"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(InputError) as raised:
        parse_duration(text)
    assert raised.value.hint == "write it as 90s, 15m or 1h"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (4.24, "4.2 s"), (59.9, "59.9 s"), (60, "1 min 0 s"), (125.6, "2 min 6 s"), (7380, "2 h 3 min")],
)
def test_people_read_the_two_largest_units(seconds, text):
    assert duration(seconds) == text

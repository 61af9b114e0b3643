"""What is wrong in a workload profile, in plain English: field, value, what is allowed."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

#: The tags of the two ways to write a value: in one word, or as fields. They are no part of its place.
TEXT_OR_FIELDS = ("as text", "as fields")

_WHOLE, _NUMBER, _TEXT = "write a whole number", "write a number", "write text"
_LIST, _FIELDS = "write a list", "write fields and values"

#: The validator's type of fault -> what is allowed, filled from the validator's own numbers.
_ALLOWED = {
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "string_type": _TEXT,
    "string_unicode": "must be UTF-8 text",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _FIELDS,
    "model_type": _FIELDS,
    "model_attributes_type": _FIELDS,
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} characters or fewer",
    "string_pattern_mismatch": "must be one line without control characters",
    "too_long": "must have {max_length} entries or fewer",
    "value_error": "{error}",
}


def faults(errors: Iterable[Mapping[str, Any]], fields: Mapping[tuple[str, ...], Sequence[str]]) -> list[str]:
    """One line for each error of the validator; ``fields`` are the names allowed at each place."""
    return [_line(error, fields) for error in errors]


def _line(error: Mapping[str, Any], fields: Mapping[tuple[str, ...], Sequence[str]]) -> str:
    steps = tuple(step for step in error["loc"] if step not in TEXT_OR_FIELDS)
    place = _place(steps)
    if error["type"] == "missing":
        return f"{place}: is missing"
    if error["type"] == "extra_forbidden":
        known = fields.get(tuple(step for step in steps[:-1] if isinstance(step, str)), ())
        return f"{place}: no such field; {_nearest(str(steps[-1]), known)}"
    row = _ALLOWED.get(error["type"])
    bounds = {name: _whole(bound) for name, bound in error.get("ctx", {}).items()}
    allowed = row.format(**bounds) if row else error["msg"]
    shown = _shown(error["input"])
    return ": ".join(part for part in (place, shown, allowed) if part)


def _whole(bound: object) -> object:
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound


def _place(steps: Sequence[str | int]) -> str:
    """``images.sizes[0].share``; places in lists count from 0, as in JSON and in Python."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")


def _nearest(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else "there are " + ", ".join(known)


def _shown(value: object) -> str:
    """The value as it may be shown in one short line; nothing for lists and fields, whose place says enough."""
    if isinstance(value, (dict, list, tuple)):
        return ""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004  (one line of a terminal)

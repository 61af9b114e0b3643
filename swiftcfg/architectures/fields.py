"""Read values out of a JSON object that somebody else wrote, without trusting it."""

from collections.abc import Mapping
from typing import Any

from swiftcfg.errors import InputError

#: No published model comes near; a larger number is a damaged or hostile file.
_LARGEST = 10**10

_REMEDY = "compare the file with the published one"


def number(record: Mapping[str, Any], *names: str, where: str = "config.json") -> int | None:
    """The first of ``names`` that is present, as a whole number; None where all are absent or null."""
    for name in names:
        value = record.get(name)
        if value is None:
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not 0 <= value <= _LARGEST:
            raise InputError(f"{where}: {name} is {repr(value)[:60]}, not a usable whole number", _REMEDY)
        return value
    return None


def size(record: Mapping[str, Any], *names: str, where: str = "config.json", largest: int = _LARGEST) -> int | None:
    """The same, where neither zero nor more than ``largest`` makes sense."""
    found = number(record, *names, where=where)
    if found is not None and not 0 < found <= largest:
        raise InputError(f"{where}: {names[0]} is {found}", _REMEDY)
    return found


def count(record: Mapping[str, Any], *names: str) -> int | None:
    """The first of ``names`` that is a whole positive number; anything else counts as absent (-1 often means none)."""
    values = (record.get(name) for name in names)
    return next((value for value in values if type(value) is int and 0 < value <= _LARGEST), None)


def flag(record: Mapping[str, Any], name: str) -> bool | None:
    """A boolean, or None where it is absent or something else."""
    value = record.get(name)
    return value if isinstance(value, bool) else None


def section(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A nested object; empty where it is absent or something else."""
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def listed(record: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """The first of ``names`` that holds a list, as its strings."""
    for name in names:
        value = record.get(name)
        if isinstance(value, list):
            return tuple(item for item in value if isinstance(item, str))
    return ()

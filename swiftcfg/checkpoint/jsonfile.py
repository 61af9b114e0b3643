"""Read a small JSON object from a file of a checkpoint, bounded and with faults told in a sentence."""

import json
from pathlib import Path
from typing import Any

from swiftcfg.checkpoint.opening import open_regular, unreadable
from swiftcfg.errors import InputError
from swiftcfg.units import MIB

#: model.safetensors.index.json of a model with 100,000 tensors has about 10 MB; settings have a few KB.
LARGEST_BYTES = 64 * 2**20


def read_object(path: Path) -> dict[str, Any] | None:
    """The object in ``path``, or None where there is no such file."""
    try:
        with open_regular(path) as file:
            raw = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from None
    if len(raw) > LARGEST_BYTES:
        raise InputError(
            f"{path} is larger than {LARGEST_BYTES / MIB:g} MiB", "this is not a settings file of a checkpoint"
        )
    return parse_object(raw, str(path))


def parse_object(raw: bytes, where: str) -> dict[str, Any]:
    """Parse one JSON object; raises InputError for anything else, absurd nesting included."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{where} is not UTF-8 text", "download the file again") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{where} is not valid JSON: {place}: {error.msg}", "download the file again") from None
    except RecursionError:
        raise InputError(f"{where} is nested too deeply", "download the file again") from None
    except ValueError:  # Python reads no integer of more than 4300 digits
        raise InputError(f"{where} holds a number of thousands of digits", "download the file again") from None
    if not isinstance(value, dict):
        raise InputError(f"{where} holds {_kind(value)}, not an object", "download the file again")
    return value


def _kind(value: Any) -> str:
    return {list: "a list", str: "text", bool: "a truth value", type(None): "null"}.get(type(value), "a number")

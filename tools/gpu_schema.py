"""The JSON Schemas of ``swiftcfg gpus``; tools/schemas.py writes them."""

from typing import Any

AMOUNT = {"type": "integer", "minimum": 0, "description": "bytes"}
RANGE = {
    "type": "object",
    "description": "bytes: the bounds of what is known, and the best single value",
    "properties": dict.fromkeys(("low", "best", "high"), AMOUNT),
    "required": ["low", "best", "high"],
    "additionalProperties": False,
}
TEXT = {"type": "string"}
CAPABILITY = {"type": ["string", "null"], "pattern": "^[0-9]+\\.[0-9]+$"}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, or null where it is not known."""
    return {**schema, "type": [schema["type"], "null"]}


def record(**properties: Any) -> dict[str, Any]:
    """An object with exactly these properties, all of them always there."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def gpus() -> dict[str, Any]:
    """The output of swiftcfg gpus --format json."""
    process = record(pid={"type": "integer"}, used_bytes=optional(AMOUNT), name=optional(TEXT))
    gpu = record(
        name=TEXT,
        uuid=optional(TEXT),
        index=optional({"type": "integer", "minimum": 0}),
        mig={"type": "boolean"},
        total_bytes={**AMOUNT, "description": "bytes, as NVML and nvidia-smi count them"},
        reserved_bytes=optional(AMOUNT),
        free_bytes=AMOUNT,
        used_bytes=AMOUNT,
        cuda_total=RANGE,
        context=RANGE,
        compute_capability=CAPABILITY,
        processes=array(process),
        source=TEXT,
    )
    inventory = record(
        schema_version={"const": 1},
        driver=optional(TEXT),
        cuda_driver=optional(TEXT),
        gpus=array(gpu),
        notes=array(TEXT),
    )
    return {"title": "swiftcfg gpus --format json", **inventory}


def cards() -> dict[str, Any]:
    """The output of swiftcfg gpus --list --format json."""
    card = record(
        name=TEXT,
        spellings=array(TEXT),
        family=optional(TEXT),
        products=array(TEXT),
        total_bytes={**AMOUNT, "description": "bytes, as NVML and nvidia-smi count them"},
        cuda_total=RANGE,
        cuda_total_derived={"type": "boolean"},
        compute_capability=CAPABILITY,
        mig={"type": "object", "additionalProperties": RANGE},
        source=TEXT,
    )
    return {"title": "swiftcfg gpus --list --format json", **record(schema_version={"const": 1}, cards=array(card))}

"""The JSON Schemas of ``swiftcfg gpus``; tools/schemas.py writes them."""

from typing import Any

from schema_parts import AMOUNT, TEXT, TEXTS, TRUTH, VERSIONED, WHOLE, array, optional, record, said

RANGE = said(
    record(dict.fromkeys(("low", "best", "high"), AMOUNT)),
    "bytes: the bounds of what is known, and the best single value",
)
CAPABILITY = {"type": ["string", "null"], "pattern": "^[0-9]+\\.[0-9]+$"}
TOTAL = said(AMOUNT, "bytes, as NVML and nvidia-smi count them")


def gpus() -> dict[str, Any]:
    """The output of swiftcfg gpus --format json."""
    process = record(pid=WHOLE, used_bytes=optional(AMOUNT), name=optional(TEXT))
    gpu = record(
        name=TEXT,
        uuid=optional(TEXT),
        index=optional({**WHOLE, "minimum": 0}),
        mig=TRUTH,
        total_bytes=TOTAL,
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
        VERSIONED,
        driver=optional(TEXT),
        cuda_driver=optional(TEXT),
        gpus=array(gpu),
        notes=TEXTS,
    )
    return {"title": "swiftcfg gpus --format json", **inventory}


def cards() -> dict[str, Any]:
    """The output of swiftcfg gpus --list --format json."""
    card = record(
        name=TEXT,
        spellings=TEXTS,
        family=optional(TEXT),
        products=TEXTS,
        total_bytes=TOTAL,
        cuda_total=RANGE,
        cuda_total_derived=TRUTH,
        compute_capability=CAPABILITY,
        mig={"type": "object", "additionalProperties": RANGE},
        source=TEXT,
    )
    return {"title": "swiftcfg gpus --list --format json", **record(VERSIONED, cards=array(card))}

"""The JSON Schema of ``swiftcfg plan``; tools/schemas.py writes it."""

from typing import Any

import memory_schema
from schema_parts import (
    NUMBER,
    RUNTIME,
    TEXT,
    TEXT_OR_NULL,
    TRUTH,
    VERSIONED,
    WHOLE,
    WHOLE_OR_NULL,
    array,
    optional,
    record,
    said,
)

PAIR = {**array(WHOLE), "minItems": 2, "maxItems": 2}
FACTORS = {**array(NUMBER), "minItems": 2, "maxItems": 2}
#: Values by the name of a flag or variable: numbers, truths and objects as JSON has them.
VALUES = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "object"]}}
TEXTS_BY_NAME = {"type": "object", "additionalProperties": TEXT}
ITEM = record(
    {
        "kind": {"enum": ["image", "video"]},
        "name": TEXT,
        "share": {**NUMBER, "minimum": 0, "maximum": 1},
        "original": PAIR,
        "resized": PAIR,
        "scale": FACTORS,
        "shrunk": TRUTH,
        "tokens": WHOLE,
        "prompt_tokens": WHOLE,
        "frames": WHOLE_OR_NULL,
        "effective_dpi": optional(PAIR),
        "box_scale": said(optional(FACTORS), "what a client multiplies x and y of a box by"),
    }
)


def plan() -> dict[str, Any]:
    """The output of ``swiftcfg plan --format json``."""
    schema = record(
        {
            **VERSIONED,
            "model": record(dict.fromkeys(("name", "location", "source"), TEXT)),
            "gpus": array(record({"name": TEXT, "index": WHOLE_OR_NULL, "uuid": TEXT_OR_NULL})),
            "runtime": RUNTIME,
            "workload": record({"name": TEXT, "task": TEXT, "concurrent_requests": WHOLE}),
            "settings": said(VALUES, "every setting by the name of its flag or variable"),
            "environment": TEXTS_BY_NAME,
            "argv": array(TEXT),
            "reasons": said(TEXTS_BY_NAME, "why each setting has its value"),
            "tokens": record({"request_tokens": WHOLE, "items": array(ITEM)}),
            "memory": memory_schema.plan(),
            "binding_constraint": record(
                {"name": TEXT, "margin": WHOLE, "unit": {"enum": ["bytes", "tokens"]}, "sentence": TEXT}
            ),
            "next_better": TEXT,
            "alternatives": array(record({**dict.fromkeys(("change", "gives", "takes"), TEXT), "settings": VALUES})),
            "notes": array(record({**dict.fromkeys(("id", "text", "source"), TEXT), "warning": TRUTH})),
        }
    )
    return {"title": "swiftcfg plan --format json", **schema}

"""The JSON Schema of ``swiftcfg plan``; tools/schemas.py writes it."""

from typing import Any

import memory_schema
from memory_schema import TEXT, TEXT_OR_NULL, VERSION, WHOLE, WHOLE_OR_NULL, optional, record

PAIR = {"type": "array", "items": WHOLE, "minItems": 2, "maxItems": 2}
FACTORS = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
#: Values by the name of a flag or variable: numbers, truths and objects as JSON has them.
VALUES = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "object"]}}
TEXTS_BY_NAME = {"type": "object", "additionalProperties": TEXT}
ITEM = record(
    {
        "kind": {"enum": ["image", "video"]},
        "name": TEXT,
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "original": PAIR,
        "resized": PAIR,
        "scale": FACTORS,
        "shrunk": {"type": "boolean"},
        "tokens": WHOLE,
        "prompt_tokens": WHOLE,
        "frames": WHOLE_OR_NULL,
        "effective_dpi": optional(PAIR),
        "box_scale": {**optional(FACTORS), "description": "what a client multiplies x and y of a box by"},
    }
)


def plan() -> dict[str, Any]:
    """The output of ``swiftcfg plan --format json``."""
    packages = ("ms-swift", "vllm", "qwen-vl-utils", "transformers")
    schema = record(
        {
            "schema_version": {"const": 1},
            "model": record(dict.fromkeys(("name", "location", "source"), TEXT)),
            "gpus": _list(record({"name": TEXT, "index": WHOLE_OR_NULL, "uuid": TEXT_OR_NULL})),
            "runtime": record(dict.fromkeys(packages, VERSION)),
            "workload": record({"name": TEXT, "task": TEXT, "concurrent_requests": WHOLE}),
            "settings": {**VALUES, "description": "every setting by the name of its flag or variable"},
            "environment": TEXTS_BY_NAME,
            "argv": _list(TEXT),
            "reasons": {**TEXTS_BY_NAME, "description": "why each setting has its value"},
            "tokens": record({"request_tokens": WHOLE, "items": _list(ITEM)}),
            "memory": memory_schema.plan(),
            "binding_constraint": record(
                {"name": TEXT, "margin": WHOLE, "unit": {"enum": ["bytes", "tokens"]}, "sentence": TEXT}
            ),
            "next_better": TEXT,
            "alternatives": _list(record({**dict.fromkeys(("change", "gives", "takes"), TEXT), "settings": VALUES})),
            "notes": _list(record({**dict.fromkeys(("id", "text", "source"), TEXT), "warning": {"type": "boolean"}})),
        }
    )
    return {"title": "swiftcfg plan --format json", **schema}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}

"""The JSON Schema of ``swiftcfg memory``; tools/schemas.py writes it."""

from typing import Any

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
TEXT_OR_NULL = {"type": ["string", "null"]}
WHOLE = {"type": "integer"}
WHOLE_OR_NULL = {"type": ["integer", "null"]}


def record(properties: dict[str, Any]) -> dict[str, Any]:
    """An object that always has exactly these members."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


RANGE = record(dict.fromkeys(("low", "best", "high"), WHOLE))
TERM = record(
    {
        "name": TEXT,
        **dict.fromkeys(("low_bytes", "best_bytes", "high_bytes"), WHOLE),
        "inside_budget": {"type": "boolean"},
        "part_of": {**TEXT_OR_NULL, "description": "the term that already contains this one"},
        "source": TEXT,
    }
)
VERSION = record({"version": TEXT_OR_NULL, "origin": TEXT_OR_NULL})
ITEM = record(
    {
        "modality": {"enum": ["image", "video"]},
        **dict.fromkeys(("items", "tokens_per_item", "dummy_tokens", "patches", "width", "height"), WHOLE),
        "frames": WHOLE_OR_NULL,
        "why": TEXT,
    }
)
CONSTRAINT = record(
    {
        "name": TEXT,
        "holds": {"type": "boolean"},
        "margin": {**WHOLE, "description": "at worst; negative where it breaks"},
        "likely_margin": WHOLE,
        "unit": {"enum": ["bytes", "tokens"]},
        "sentence": TEXT,
    }
)


def plan() -> dict[str, Any]:
    """One memory plan, as it also stands in the output of ``swiftcfg plan``."""
    return record(
        {
            "verdict": {"enum": ["fits", "tight", "does-not-fit", "unknown"]},
            "reasons": TEXTS,
            "terms": {"type": "array", "items": TERM},
            **dict.fromkeys(("budget", "outside_budget", "room_outside_budget"), RANGE),
            "kv_bytes_per_token": WHOLE_OR_NULL,
            **dict.fromkeys(("kv_cache_bytes", "kv_cache_tokens", "requests_at_once"), optional(RANGE)),
            "profiled_item": optional(ITEM),
            **dict.fromkeys(("encoder_cache_tokens", "max_model_len"), WHOLE_OR_NULL),
            "max_num_seqs": WHOLE,
            "max_num_batched_tokens": WHOLE_OR_NULL,
            "start_check": optional(record({"free": RANGE, "requested": RANGE, "source": TEXT})),
            "constraints": {"type": "array", "items": CONSTRAINT},
            **dict.fromkeys(("notes", "unknowns", "skipped"), TEXTS),
        }
    )


def memory() -> dict[str, Any]:
    """The output of ``swiftcfg memory --format json``."""
    reasons = {"type": "array", "items": record({"name": TEXT, "reason": TEXT})}
    packages = ("ms-swift", "vllm", "qwen-vl-utils", "transformers")
    about = {
        "schema_version": {"const": 1},
        "model": record(dict.fromkeys(("name", "location", "source"), TEXT)),
        "gpu": record({"name": TEXT, "index": WHOLE_OR_NULL, "uuid": TEXT_OR_NULL, "source": TEXT}),
        "ranks": {**WHOLE, "minimum": 1},
        "runtime": record(dict.fromkeys(packages, VERSION)),
        "settings": {"type": "object", "description": "what the engine is told; null where it decides itself"},
    }
    schema = record({**about, **plan()["properties"], "unread": reasons, "problems": reasons})
    return {"title": "swiftcfg memory --format json", **schema}

"""The JSON Schema of ``swiftcfg memory``; tools/schemas.py writes it."""

from typing import Any

from schema_parts import (
    RUNTIME,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TRUTH,
    VERSIONED,
    WHOLE,
    WHOLE_OR_NULL,
    array,
    optional,
    record,
    said,
)

RANGE = record(dict.fromkeys(("low", "best", "high"), WHOLE))
TERM = record(
    {
        "name": TEXT,
        **dict.fromkeys(("low_bytes", "best_bytes", "high_bytes"), WHOLE),
        "inside_budget": TRUTH,
        "part_of": said(TEXT_OR_NULL, "the term that already contains this one"),
        "source": TEXT,
    }
)
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
        "holds": TRUTH,
        "margin": said(WHOLE, "at worst; negative where it breaks"),
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
            "terms": array(TERM),
            **dict.fromkeys(("budget", "outside_budget", "room_outside_budget"), RANGE),
            "kv_bytes_per_token": WHOLE_OR_NULL,
            **dict.fromkeys(("kv_cache_bytes", "kv_cache_tokens", "requests_at_once"), optional(RANGE)),
            "profiled_item": optional(ITEM),
            **dict.fromkeys(("encoder_cache_tokens", "max_model_len"), WHOLE_OR_NULL),
            "max_num_seqs": WHOLE,
            "max_num_batched_tokens": WHOLE_OR_NULL,
            "start_check": optional(record({"free": RANGE, "requested": RANGE, "source": TEXT})),
            "constraints": array(CONSTRAINT),
            **dict.fromkeys(("notes", "unknowns", "skipped"), TEXTS),
        }
    )


def memory() -> dict[str, Any]:
    """The output of ``swiftcfg memory --format json``."""
    reasons = array(record(name=TEXT, reason=TEXT))
    about = {
        **VERSIONED,
        "model": record(dict.fromkeys(("name", "location", "source"), TEXT)),
        "gpu": record({"name": TEXT, "index": WHOLE_OR_NULL, "uuid": TEXT_OR_NULL, "source": TEXT}),
        "ranks": {**WHOLE, "minimum": 1},
        "runtime": RUNTIME,
        "settings": {"type": "object", "description": "what the engine is told; null where it decides itself"},
    }
    schema = record({**about, **plan()["properties"], "unread": reasons, "problems": reasons})
    return {"title": "swiftcfg memory --format json", **schema}

"""What all JSON Schemas here are made of."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}
AMOUNT: Schema = {"type": "integer", "minimum": 0, "description": "bytes"}
SECONDS: Schema = {"type": "number", "minimum": 0}
#: The first field of every output.
VERSIONED: Schema = {"schema_version": {"const": 1}}
#: Of what versions are told, in every output that tells them.
PACKAGES = ("ms-swift", "vllm", "qwen-vl-utils", "transformers")


def record(fields: Mapping[str, Schema] | None = None, /, **more: Schema) -> Schema:
    """An object with exactly these fields, all of them always there."""
    properties = {**(fields or {}), **more}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def optional(schema: Schema) -> Schema:
    """The same, or null where it is not known."""
    if schema.get("type") in {"object", "array"}:
        return {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]}


def said(schema: Schema, description: str) -> Schema:
    """The same, with what it means."""
    return {**schema, "description": description}


def complete(schema: Schema) -> Schema:
    """What pydantic makes of a report: every field of every object in it is always there, and no other."""
    for each in (schema, *schema.get("$defs", {}).values()):
        each |= {"required": [*each["properties"]], "additionalProperties": False}
    return schema


TEXTS = array(TEXT)
TEXT_OR_NULL, WHOLE_OR_NULL = optional(TEXT), optional(WHOLE)
VERSION = record(version=TEXT_OR_NULL, origin=TEXT_OR_NULL)
RUNTIME = record(dict.fromkeys(PACKAGES, VERSION))

"""The JSON Schemas of ``swiftcfg launch`` and ``swiftcfg status``; tools/schemas.py writes them."""

from typing import get_args

from preflight_schema import PREFLIGHT, START
from pydantic import TypeAdapter
from schema_parts import (
    AMOUNT,
    NUMBER,
    SECONDS,
    TEXT,
    TEXTS,
    TRUTH,
    VERSIONED,
    WHOLE,
    Schema,
    array,
    complete,
    optional,
    record,
)
from server_schema import SERVER

from swiftcfg.launch.backoff import INSIDE, OUTSIDE
from swiftcfg.report.probe import CheckLine
from swiftcfg.serverlog.failures import Kind

CAUSE = record(
    kind={"enum": [*get_args(Kind)]},
    sentence=TEXT,
    remedy=TEXT,
    figures={"type": "object", "additionalProperties": {"type": ["number", "string"]}},
)
PLANNED = record(low=NUMBER, best=NUMBER, high=NUMBER)
COMPARISON = record(name=TEXT, unit=TEXT, measured=NUMBER, planned=PLANNED, inside=TRUTH)
SETTING = record(name=TEXT, planned=TEXT, printed_name=TEXT, printed=TEXT, ok=TRUTH)
SERVED = record(
    url=TEXT,
    model=TEXT,
    after_s=SECONDS,
    passed=TRUTH,
    checks=optional(array({"$ref": "#/$defs/CheckLine"})),
    left_out=TEXTS,
    settings=array(SETTING),
    memory=array(COMPARISON),
)
FAILURE = record(CAUSE["properties"], after_s=SECONDS, tail=TEXTS)
CHANGE = record(name=TEXT, before=optional(TEXT), after=optional(TEXT))
STEP = record(step=WHOLE, kind={"enum": sorted(INSIDE | OUTSIDE)}, changes=array(CHANGE))


def launch() -> Schema:
    """The output of swiftcfg launch --dry-run --format json, and of --detach --format json."""
    launched = record(
        VERSIONED,
        name=TEXT,
        ok=TRUTH,
        preflight=PREFLIGHT,
        start=START,
        back_off=array(STEP),
        served=optional(SERVED),
        failure=optional(FAILURE),
    )
    return {"title": "swiftcfg launch --format json", **launched, "$defs": _check_line()}


def status() -> Schema:
    """The output of swiftcfg status --format json."""
    chat = record(
        answers=TRUTH,
        fault=optional(TEXT),
        status=optional(WHOLE),
        seconds=optional(SECONDS),
        prompt_tokens=optional(WHOLE),
    )
    texts = {"type": "object", "additionalProperties": TEXT}
    standing = record(
        VERSIONED,
        well=TRUTH,
        server=SERVER,
        chat=chat,
        cause=optional(CAUSE),
        gpu_memory_bytes=optional(AMOUNT),
        measured=array(record(name=TEXT, value=NUMBER, unit=TEXT, rounding=WHOLE, planned=optional(PLANNED))),
        versions=texts,
        variables=texts,
        proved=optional(TRUTH),
    )
    return {"title": "swiftcfg status --format json", **standing}


def _check_line() -> dict[str, Schema]:
    """A request of the proof, as probe tells it; every field is always there."""
    schema = complete(TypeAdapter(CheckLine).json_schema(mode="serialization"))
    return {**schema.pop("$defs"), "CheckLine": schema}

"""Write the JSON Schemas under docs/schemas, or check that they are up to date.

usage: python tools/schemas.py [--check]
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import gpu_schema
import launch_schema
import memory_schema
import plan_schema
import server_schema
import validate_schema
from pydantic import TypeAdapter
from schema_parts import VERSIONED, Schema, array, complete, record

from swiftcfg.profile_model import Profile
from swiftcfg.report.models import ModelReport
from swiftcfg.report.probe import ProbeReport
from swiftcfg.report.tokens import TokensReport

FOLDER = Path(__file__).parent.parent / "docs" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def profile() -> Schema:
    """A workload profile: what --profile reads. A file may leave out its name; its file name then serves."""
    schema = Profile.model_json_schema()
    schema["required"] = [name for name in schema.get("required", []) if name != "name"]
    return _without_empty({**schema, "title": "swiftcfg workload profile"})


def profiles() -> Schema:
    """The output of swiftcfg profiles --format json."""
    one = profile()
    definitions = one.pop("$defs")
    return {
        "title": "swiftcfg profiles --format json",
        **record(VERSIONED, profiles=array({"$ref": "#/$defs/Profile"})),
        "$defs": {**definitions, "Profile": {**one, "required": ["name"]}},
    }


def _made_of(report: type) -> Schema:
    """Of a report that is a dataclass; every field is always there."""
    return complete(TypeAdapter(report).json_schema(mode="serialization"))


def model() -> Schema:
    """The output of swiftcfg models NAME --format json."""
    schema = _made_of(ModelReport)
    schema["properties"] = {**VERSIONED, **schema["properties"]}
    schema["required"] = ["schema_version", *schema["required"]]
    return {**schema, "title": "swiftcfg models NAME --format json"}


def models() -> Schema:
    """The output of swiftcfg models --format json."""
    one = _made_of(ModelReport)
    definitions = one.pop("$defs")
    return {
        "title": "swiftcfg models --format json",
        **record(VERSIONED, models=array({"$ref": "#/$defs/ModelReport"})),
        "$defs": {**definitions, "ModelReport": {**one, "title": "ModelReport"}},
    }


def tokens() -> Schema:
    """The output of swiftcfg tokens --format json."""
    return {**_made_of(TokensReport), "title": "swiftcfg tokens --format json"}


def probe() -> Schema:
    """The output of swiftcfg probe --format json."""
    return {**_made_of(ProbeReport), "title": "swiftcfg probe --format json"}


#: File name -> what makes its schema. A new JSON output is a new row.
SCHEMAS: dict[str, Callable[[], Schema]] = {
    "gpus.schema.json": gpu_schema.gpus,
    "gpus-list.schema.json": gpu_schema.cards,
    "launch.schema.json": launch_schema.launch,
    "memory.schema.json": memory_schema.memory,
    "model.schema.json": model,
    "models.schema.json": models,
    "plan.schema.json": plan_schema.plan,
    "probe.schema.json": probe,
    "profile.schema.json": profile,
    "profiles.schema.json": profiles,
    "ps.schema.json": server_schema.ps,
    "rules.schema.json": validate_schema.rules,
    "status.schema.json": launch_schema.status,
    "stop.schema.json": server_schema.stop,
    "tokens.schema.json": tokens,
    "validate.schema.json": validate_schema.validate,
}


def _without_empty(schema: Schema) -> Schema:
    return {name: value for name, value in schema.items() if value != []}


def text_of(name: str) -> str:
    """The schema as its file holds it."""
    return json.dumps({"$schema": DIALECT, **SCHEMAS[name]()}, indent=2, ensure_ascii=False) + "\n"


def stale() -> list[str]:
    """Names of files that are missing, differ from what their row makes, or have no row."""
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    return sorted(name for name in {*there, *SCHEMAS} if name not in SCHEMAS or there.get(name) != text_of(name))


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        for name in stale():
            print(f"docs/schemas/{name} is not what tools/schemas.py writes: run python tools/schemas.py")
        return bool(stale())
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        (FOLDER / name).write_text(text_of(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

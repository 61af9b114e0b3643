"""docs/json.md: the fields of every JSON output as tables, made of docs/schemas and tools/json_fields.yaml."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "docs" / "schemas"
MEANINGS: dict[str, str] = yaml.safe_load((Path(__file__).parent / "json_fields.yaml").read_text(encoding="utf-8"))

INTRO = """# JSON

Every command but `generate`, `explain` and `logs` takes `--format json` and prints one object on standard output.
Errors stay text on standard error, with the exit status of the README.

Fields are always there; what is not known is null. Amounts are whole bytes, sizes are `[width, height]` in pixels.
A *range* is an object of `low`, `best` and `high`: at least, most likely, at most. The JSON Schemas are in
[schemas](schemas); the outputs are tested against them. `a[]` is each element of `a`, `a.*` each value of it.
"""

#: Schema -> the command that prints it. What a profile may hold is in the list of profiles.
COMMANDS = {
    "plan": "swiftcfg plan",
    "memory": "swiftcfg memory",
    "tokens": "swiftcfg tokens",
    "gpus": "swiftcfg gpus",
    "gpus-list": "swiftcfg gpus --list",
    "model": "swiftcfg models NAME",
    "models": "swiftcfg models",
    "profile": "swiftcfg profiles NAME",
    "profiles": "swiftcfg profiles",
    "validate": "swiftcfg validate",
    "rules": "swiftcfg rules",
    "launch": "swiftcfg launch",
    "ps": "swiftcfg ps",
    "status": "swiftcfg status NAME",
    "stop": "swiftcfg stop NAME",
    "probe": "swiftcfg probe",
}
#: Fields whose content another table shows.
ELSEWHERE = {"plan": ("memory",), "tokens": ("variants[].effective", "variants[].notes", "variants[].items"),
             "models": ("models",), "profiles": ("profiles",)}  # fmt: skip
RANGE = ["low", "best", "high"]
Schema = Mapping[str, Any]


def page() -> str:
    return INTRO + "".join(_section(name, command) for name, command in COMMANDS.items())


def _section(name: str, command: str) -> str:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    rows = [
        f"| `{path}` | {_kind(field)} | {_meaning(f'{name}.{path}', field)} |" for path, field in _fields(name, schema)
    ]
    head = f"\n## {command}\n\nSchema: [{name}.schema.json](schemas/{name}.schema.json)\n\n"
    return head + "\n".join(["| field | type | meaning |", "|---|---|---|", *rows]) + "\n"


def _fields(name: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Every field with its path, those inside others below them."""
    for path, field in _inside("", _resolved(schema, schema), schema):
        if not path.startswith(tuple(f"{other}{end}" for other in ELSEWHERE.get(name, ()) for end in (".", "["))):
            yield path, field


def _inside(path: str, here: Schema, whole: Schema) -> Iterator[tuple[str, Schema]]:
    if list(here.get("properties", ())) == RANGE:
        return
    for way in here.get("anyOf", here.get("oneOf", ())):
        yield from _inside(path, _resolved(way, whole), whole)
    for name, field in _properties(here):
        below = f"{path}.{name}".lstrip(".")
        yield below, _resolved(field, whole)
        yield from _inside(below, _resolved(field, whole), whole)
    for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
        if isinstance(here.get(key), dict):
            yield from _inside(path + mark, _resolved(here[key], whole), whole)


def _properties(here: Schema) -> Iterator[tuple[str, Schema]]:
    """Fields by name; objects that are all of one shape, such as a package each, count as one named ``*``."""
    fields = here.get("properties", {})
    first: Schema = next(iter(fields.values()), {})
    alike = len(fields) > 1 and first.get("type") == "object" and all(field == first for field in fields.values())
    yield from [("*", first)] if alike else fields.items()


def _resolved(schema: Schema, whole: Schema) -> Schema:
    """The schema with what it refers to put in its place, at every choice too."""
    if "$ref" in schema:
        named = whole["$defs"][schema["$ref"].rpartition("/")[2]]
        return {**_resolved(named, whole), **{key: value for key, value in schema.items() if key != "$ref"}}
    if "anyOf" in schema:
        return {**schema, "anyOf": [_resolved(way, whole) for way in schema["anyOf"]]}
    return schema


def _kind(field: Schema) -> str:
    """The type in words."""
    ways = field.get("anyOf", field.get("oneOf"))
    if ways:
        return " or ".join(dict.fromkeys(_kind(way) for way in ways))
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if list(field.get("properties", ())) == RANGE:
        return "range"
    if field.get("maxItems") == 2:  # noqa: PLR2004  (sizes and factors)
        return "pair"
    kinds = field.get("type", "object")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _meaning(path: str, field: Schema) -> str:
    """What is said of this field in this place, else in its schema, else of any field of that name."""
    steps = path.split(".")
    *places, name = (".".join(steps[start:]) for start in range(len(steps)))
    found = (MEANINGS[place] for place in places if place in MEANINGS)
    text = next(found, None) or field.get("description") or MEANINGS.get(name)
    if text is None:
        raise SystemExit(f"tools/json_fields.yaml does not say what {path} means")
    return " ".join(text.split())

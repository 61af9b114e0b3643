import json
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from swiftcfg.cli.profiles import profiles
from swiftcfg.profile_files import profile_names, profile_path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import schemas  # noqa: E402


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((schemas.FOLDER / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schemas_are_what_the_tool_writes():
    assert schemas.stale() == []


def test_a_file_that_differs_is_named_and_written_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    (tmp_path / "old.schema.json").write_text("{}")
    assert schemas.main(["--check"]) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        f"docs/schemas/{name}" for name in sorted([*schemas.SCHEMAS, "old.schema.json"])
    ]
    assert schemas.main([]) == 0
    assert schemas.stale() == ["old.schema.json"]


@pytest.mark.parametrize("name", profile_names())
def test_a_shipped_profile_is_valid_for_editors(name: str):
    validator("profile.schema.json").validate(yaml.safe_load(profile_path(name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("data", [{"name": 3}, {"nmae": "x"}, {"shrink": "little"}, {"images": {"sizes": ["1x1"]}}])
def test_what_is_no_profile_is_marked(data: dict[str, object]):
    assert not validator("profile.schema.json").is_valid(data)


def test_the_json_output_is_valid():
    runner = CliRunner()
    listed = json.loads(runner.invoke(profiles, ["--format", "json"]).output)
    validator("profiles.schema.json").validate(listed)
    for each in listed["profiles"]:
        validator("profile.schema.json").validate(each)

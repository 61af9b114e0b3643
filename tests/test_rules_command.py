"""swiftcfg rules and swiftcfg explain."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from swiftcfg.check import every_rule
from swiftcfg.cli import swiftcfg
from swiftcfg.errors import InputError

ROOT = Path(__file__).parent.parent


def run(*arguments: str) -> str:
    result = CliRunner().invoke(swiftcfg, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_every_rule_is_listed_once():
    assert [line.split()[0] for line in run("rules").splitlines()] == [rule.code for rule in every_rule()]
    assert "IGN001" in run("rules")


def test_json_keeps_to_its_schema():
    listed = json.loads(run("rules", "--format", "json"))
    jsonschema.validate(listed, json.loads((ROOT / "docs/schemas/rules.schema.json").read_text(encoding="utf-8")))
    assert [one["code"] for one in listed["rules"]] == [rule.code for rule in every_rule()]


def test_a_page_has_examples_and_sources():
    page = run("explain", "vis001")
    assert page.startswith("VIS001 video-cap-below-floor: warning, certain\n\nVideo cap below its floor.\n")
    for part in ("Bad:", "Good:", "Sources:"):
        assert part in page


def test_a_family_has_a_page_each():
    assert run("explain", "IGN").count("Sources:") == 1
    assert run("explain", "FLG").count("Sources:") == len([rule for rule in every_rule() if rule.code[:3] == "FLG"])


def test_an_unknown_code_is_told():
    with pytest.raises(InputError, match="there is no rule 'VIS999'"):
        CliRunner().invoke(swiftcfg, ["explain", "vis999"], catch_exceptions=False)

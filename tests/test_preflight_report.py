"""What a preflight found and what would be started, as people read it and as programs do."""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator
from rule_facts import Surroundings, facts_of

from swiftcfg.preflight import Note, Preflight, Problem
from swiftcfg.report.as_json import as_json
from swiftcfg.report.preflight import preflight_data, preflight_text, start_data, start_text
from swiftcfg.starting import Change, StartCommand

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))
from preflight_schema import PREFLIGHT, START

(FACTS,) = facts_of("swift deploy --model m", Surroundings())
FOUND = Preflight(
    (
        Problem("settings SEC001", "warning", "everybody may use it\x1b[2J", "listen on this machine only"),
        Problem("port", "error", "port 8000 is not free yet", "wait, or take a free one: --port auto", 60.0),
        Problem("memory", "error", f"there is {'very ' * 15}little"),
    ),
    (Note("gpus", "serves on the CPU (torch 2.13.0+cpu)"),),
    0.1234,
    FACTS,
)
COMMAND = StartCommand(
    ("/env/bin/python", "/env/deploy.py", "--model", "a b", "--stop", "x", "y", "--verbose"),
    {"PATH": "/env/bin", "HF_TOKEN": "hf_1"},
    "/here",
    '["--api_key=sk"]\n',
    ("sk", "hf_1"),
    (
        Change("FPS", None, "it changes how videos are resized"),
        Change("HF_TOKEN", "hf_1", "planned"),
        Change("MODEL", "a b", "planned"),
    ),
)


def test_people_read_errors_first_each_with_what_to_do():
    assert preflight_text(FOUND) == (
        "Preflight: 2 errors, 1 warning (0.12 s)\n"
        "  error    port             port 8000 is not free yet\n"
        "                            → wait, or take a free one: --port auto\n"
        "  error    memory           there is very very very very very very very very very very very very\n"
        "                            very very very little\n"
        "  warning  settings SEC001  everybody may use it\\x1b[2J\n"
        "                            → listen on this machine only\n"
        "  note     gpus             serves on the CPU (torch 2.13.0+cpu)\n"
    )
    assert preflight_text(Preflight((), (), 0.05, FACTS)) == "Preflight: nothing in the way (0.05 s)\n"


def test_people_read_what_would_be_started_and_no_secret():
    assert start_text(COMMAND) == (
        "Command:\n"
        "  /env/bin/python /env/deploy.py \\\n"
        "    --model 'a b' \\\n"
        "    --stop x y \\\n"
        "    --verbose\n"
        "\n"
        "Folder: /here\n"
        "\n"
        "Environment, beside this shell's own:\n"
        "  FPS is left out  (it changes how videos are resized)\n"
        "  HF_TOKEN='***'  (planned)\n"
        "  MODEL='a b'  (planned)\n"
        "\n"
        "Standard input: the values of secret flags, which stand neither in the words nor in the environment\n"
    )


def test_programs_read_what_the_schema_says():
    found, start = json.loads(as_json(preflight_data(FOUND))), json.loads(as_json(start_data(COMMAND)))
    for schema, data in ((PREFLIGHT, found), (START, start)):
        assert list(Draft202012Validator(schema).iter_errors(data)) == []
    assert found["ok"] is False
    assert found["problems"][1] == {
        "check": "port", "severity": "error", "sentence": "port 8000 is not free yet",
        "hint": "wait, or take a free one: --port auto", "wait_s": 60.0,
    }  # fmt: skip
    assert "hf_1" not in json.dumps(start)
    assert start["environment"][0] == {"name": "FPS", "value": None, "why": "it changes how videos are resized"}

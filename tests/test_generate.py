"""swiftcfg generate from end to end: what it writes means what was planned, to real shells and to real ms-swift."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from swiftcfg.cli import swiftcfg
from swiftcfg.deploy_file import read_deploy
from swiftcfg.document import document_of
from swiftcfg.errors import InputError
from swiftcfg.profile_files import profile_names
from swiftcfg.render import render
from swiftcfg.template_files import load_templates
from tests.checkpoints import write_checkpoint
from tests.oracle import swift_verdicts
from tests.planning import plan, plan_or_none, problem
from tests.stub_swift import run_scripts

STORY = ["--model", "Qwen2.5-VL-7B-Instruct", "--gpu", "H100-80GB", "--profile", "chat-images-videos"]
MODELS = ["Qwen2-VL-7B-Instruct", "Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL-32B-Instruct", "Qwen3-VL-8B-Instruct",
          "Qwen3-VL-30B-A3B-Instruct-FP8"]  # fmt: skip


def run(*arguments: str):
    return subprocess.run([sys.executable, "-m", "swiftcfg", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def plans():
    made = [plan_or_none(problem(model, "2xH200", name)) for model in MODELS for name in profile_names()]
    return [each for each in made if each]


def test_every_plan_means_the_same_to_bash_and_dash(plans, tmp_path):
    scripts = [render("shell", document_of(each, "swiftcfg generate"), load_templates()) for each in plans]
    for shell in ("bash", "dash"):
        folder = tmp_path / shell
        folder.mkdir()
        for each, calls in zip(plans, run_scripts(scripts, shell, folder), strict=True):
            assert [(call.program, call.argv, call.environment) for call in calls] == [
                ("swift", ("deploy", *each.config().argv()), dict(each.config().environment))
            ]


@pytest.mark.oracle
def test_ms_swift_itself_accepts_every_plan(plans):
    verdicts = swift_verdicts([list(each.config().argv()) for each in plans])
    assert [verdict.left_over for verdict in verdicts] == [[]] * len(plans)
    assert all(verdict.accepted for verdict in verdicts)


@pytest.mark.oracle
def test_ms_swift_itself_initialises_with_a_plan_for_a_local_folder(tmp_path):
    folders = [write_checkpoint(tmp_path / f"my fine-tune {number}", name) for number, name in enumerate(MODELS)]
    made = [plan(problem(str(folder), "2xH200", "gui-grounding-1080p")) for folder in folders]
    for each, verdict in zip(made, swift_verdicts([list(one.config().argv()) for one in made], level=2), strict=True):
        assert verdict.accepted, verdict
        assert verdict.values["template"] == each.model.template
        assert verdict.engine["max_model_len"] == each.memory.max_model_len
        assert verdict.engine["limit_mm_per_prompt"] == {"image": 5, "video": 0}


@pytest.mark.oracle
def test_ms_swift_itself_reads_the_same_command_from_the_yaml_target(plans, tmp_path):
    files = []
    for number, each in enumerate(plans):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_text(render("yaml", document_of(each, "swiftcfg generate"), load_templates()))
    for each, path, verdict in zip(plans, files, swift_verdicts([[str(path)] for path in files]), strict=True):
        assert verdict.accepted
        assert tuple(verdict.argv) == each.config().argv()
        environment = {name: value for name, value in verdict.environment.items() if name != "SWIFT_CONFIG_FILE"}
        assert environment == dict(each.config().environment)
        assert read_deploy(str(path)) == (each.config(),)


def test_the_file_is_new_executable_and_only_replaced_by_force(tmp_path):
    path = tmp_path / "deploy.sh"
    first = run("generate", *STORY, "-o", str(path))
    assert (first.returncode, first.stderr) == (0, "")
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IXUSR
    content = path.read_text()
    path.write_text("mine")
    refused = run("generate", *STORY, "-o", str(path))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("error: ")
    assert "--force" in refused.stderr
    assert path.read_text() == "mine"
    assert run("generate", *STORY, "-o", str(path), "--force").returncode == 0
    assert path.read_text() == content


def test_yaml_is_refused_where_ms_swift_does_not_read_it():
    with pytest.raises(InputError, match="reads no YAML file"):
        render("yaml", document_of(plan(problem(ms_swift="3.12.0")), ""), load_templates())


def test_a_key_is_read_when_the_script_runs_and_never_written(monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    made = run("generate", *STORY, "--api-key-env", "MY_KEY", "--host", "0.0.0.0")  # noqa: S104
    assert "sk-very-secret" not in made.stdout + made.stderr
    assert '--api_key="$MY_KEY"' in made.stdout


def test_nothing_that_fits_ends_with_status_4_and_a_way_out():
    refused = run("generate", "--model", "Qwen2.5-VL-72B-Instruct", "--gpu", "L4", "--profile", "gui-grounding-1080p")
    assert refused.returncode == 4
    assert refused.stdout == ""
    lines = refused.stderr.splitlines()
    assert lines[0].startswith("error: Qwen2.5-VL-72B-Instruct cannot serve gui-grounding-1080p on L4")
    assert lines[1] == "hint: what would fit:"
    assert all(line.startswith("  - ") for line in lines[2:])


def test_the_json_of_a_plan_says_what_the_text_says():
    result = CliRunner().invoke(swiftcfg, ["plan", *STORY, "--format", "json"])
    data = json.loads(result.output)
    made = plan(problem())
    assert data["settings"]["MAX_PIXELS"] == 2109744
    assert data["settings"]["vllm_limit_mm_per_prompt"] == {"image": 5, "video": 2}
    assert data["argv"] == ["swift", "deploy", *made.config().argv()]
    assert data["memory"]["verdict"] == "fits"
    assert data["tokens"]["items"][0]["resized"] == [1932, 1092]
    assert data["binding_constraint"]["sentence"] == made.binding.sentence
    assert data["alternatives"]


@pytest.mark.parametrize(
    "name", ["NaN", "Infinity", "1e999", "1e5", "007", "7", "true", '{"a": 1}', "[" * 20_000, "名"]
)
def test_a_name_stays_text_in_json_whatever_it_looks_like(name):
    result = CliRunner().invoke(swiftcfg, ["plan", *STORY, "--served-model-name", name, "--format", "json"])
    assert json.loads(result.output, parse_constant=pytest.fail)["settings"]["served_model_name"] == name


@pytest.mark.parametrize(("model", "gpu", "profile"), [
    ("Qwen2.5-VL-7B-Instruct", "H100-80GB", "chat-images-videos"),
    ("Qwen3-VL-30B-A3B-Instruct", "4xRTX4090", "document-ocr-a4-300dpi"),
    ("Qwen2-VL-7B-Instruct", "L4", "photos-vqa"),
])  # fmt: skip
def test_the_json_of_a_plan_follows_its_schema(model, gpu, profile):
    schema = json.loads((Path(__file__).parent.parent / "docs/schemas/plan.schema.json").read_text())
    result = CliRunner().invoke(
        swiftcfg, ["plan", "--model", model, "--gpu", gpu, "--profile", profile, "--format", "json"]
    )
    assert result.exit_code == 0, result.output
    jsonschema.validate(json.loads(result.output), schema)


def test_a_template_of_ones_own_replaces_the_shipped_one(tmp_path: Path):
    (tmp_path / "deploy.sh.j2").write_text("#!/bin/sh\n# mine\n")
    made = run("generate", *STORY, "--templates", str(tmp_path))
    assert made.stdout.startswith("#!/bin/sh\n# mine")

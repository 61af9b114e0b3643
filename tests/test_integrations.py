"""The pre-commit hooks and the GitHub action, as far as they run without a network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
BAD = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --modell x\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with a swiftcfg program of this checkout."""
    program = tmp_path / "bin" / "swiftcfg"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m swiftcfg "$@"\n')
    program.chmod(0o755)
    return f"{program.parent}:/usr/bin:/bin"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "a folder").mkdir(parents=True)
    (folder / "bad.sh").write_text(BAD)
    (folder / "ls.sh").write_text("ls\n")
    return folder


def action_step(name: str) -> str:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    return str(next(step["run"] for step in steps if step["name"] == name))


def check(work: Path, path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The step as GitHub runs it: bash -e -o pipefail."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", action_step("Check")],
        cwd=work, env={"PATH": path, "PATHS": "", "OPTIONS": "", "SARIF": "", **environment, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_action_annotates_and_fails(work: Path, path: str):
    done = check(work, path, PATHS=".", OPTIONS="--select FLG001 --ms-swift 4.6.0")
    assert done.returncode == 1
    assert done.stdout.startswith("::error file=./bad.sh,line=1,col=71,title=FLG001 ")


def test_the_action_writes_sarif(work: Path, path: str):
    done = check(work, path, PATHS="*.sh\nbad.sh", OPTIONS="--fail-on never", SARIF="out file.sarif")
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads((work / "out file.sarif").read_text())["runs"][0]["results"]


def test_an_input_runs_nothing(work: Path, path: str):
    done = check(work, path, PATHS="$(touch made) `touch made` ; touch made", OPTIONS="")
    assert done.returncode == 2
    assert not (work / "made").exists()


def test_the_action_names_only_inputs_that_it_has():
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    texts = [value for step in action["runs"]["steps"] for value in step["env"].values()]
    used = {text.removeprefix("${{ inputs.").removesuffix(" }}") for text in texts if "inputs." in text}
    assert used == set(action["inputs"])
    assert all("${{" not in step["run"] for step in action["runs"]["steps"])


HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_takes_the_files_of_a_commit(hook: dict[str, str], work: Path, path: str):
    command = [*hook["entry"].split(), "--select", "FLG001", "--ms-swift", "4.6.0", "bad.sh", "ls.sh"]
    done = subprocess.run(
        command, cwd=work, env={"PATH": path, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    mends = "--fix" in command
    assert done.returncode == (0 if mends else 1), done.stderr
    assert ("--modell" in (work / "bad.sh").read_text()) is not mends

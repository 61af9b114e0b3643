"""The pre-commit hooks and the GitHub action, as far as they run without a network."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
BAD = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --systemm x\n"


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


def composite(work: Path, runner: Path, program: str) -> subprocess.CompletedProcess[str]:
    """All steps in order, as a runner of GitHub goes through them, with an interpreter that downloads nothing."""
    python = runner / "a python"
    python.write_text(FAKE_PYTHON.format(program=program))
    python.chmod(0o755)
    added = runner / "path"
    added.touch()
    values = {"PYTHON": python, "SOURCE": ROOT, "PLACE": runner / "temp dir" / "swiftcfg", "GITHUB_PATH": added}
    for step in yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]:
        path = ":".join([*added.read_text().splitlines(), "/usr/bin", "/bin"])
        given = {"PATH": path, "PATHS": ".", "OPTIONS": "--select FLG001 --ms-swift 4.6.0", "SARIF": ""}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=work, env={**given, **{name: str(value) for name, value in values.items()}, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            break
    return done


#: Makes a folder for "-m venv FOLDER" that holds itself, and the program beside itself for "-m pip install … SOURCE".
FAKE_PYTHON = """\
#!/bin/sh
set -e
case "$2" in
    venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    pip) for last; do :; done; test -f "$last/pyproject.toml"; cp '{program}' "$(dirname "$0")/swiftcfg" ;;
esac
"""


def test_the_steps_of_the_action_find_each_other_in_folders_with_blanks(work: Path, path: str, tmp_path: Path):
    runner = tmp_path / "a runner"
    runner.mkdir()
    done = composite(work, runner, f"{path.partition(':')[0]}/swiftcfg")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error file=./bad.sh,line=1,col=71,title=FLG001 ")


HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ARGUMENTS = ["--select", "FLG001", "--ms-swift", "4.6.0"]

#: File -> content; what a hook is given of them, and what of these it has something to say about.
COMMITTED = {
    "bad.sh": BAD, "no name": f"#!/bin/bash\n{BAD}", "ls.sh": "ls\n", "Dockerfile": f"FROM a\nCMD {BAD}",
    "a folder/bad.yaml": "model: Qwen/Qwen2.5-VL-7B-Instruct\ninfer_backend: vllm\nsystemm: x\n",
    "values.yaml": "port: 80\n", "package.json": '{"port": 80}\n', "notes.txt": BAD, "page.md": BAD,
}  # fmt: skip
TOLD = ["Dockerfile", "a folder/bad.yaml", "bad.sh", "no name"]


def git(*words: str, cwd: Path) -> None:
    subprocess.run(["git", *words], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with COMMITTED staged."""
    folder = tmp_path / "repository"
    for name, text in COMMITTED.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "no name").chmod(0o755)
    git("init", "--quiet", cwd=folder)
    return folder


def run_hook(hook: dict[str, str], repository: Path, path: str) -> subprocess.CompletedProcess[str]:
    """pre-commit itself on everything, with the program that is on the PATH in place of an environment to install."""
    local = {**hook, "language": "system", "args": ARGUMENTS}
    config = {"repos": [{"repo": "local", "hooks": [local]}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git("add", "--all", cwd=repository)
    home = str(repository.parent)
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"],
        cwd=repository, env={"PATH": path, "PYTHONPATH": str(ROOT), "HOME": home, "PRE_COMMIT_HOME": f"{home}/store"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_pre_commit_takes_the_manifest():
    manifest = str(ROOT / ".pre-commit-hooks.yaml")
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", manifest], check=True)


def test_the_validate_hook_speaks_of_files_that_run_swift_deploy_and_of_no_others(repository: Path, path: str):
    done = run_hook(HOOKS[0], repository, path)
    assert done.returncode == 1, done.stdout
    names = re.findall(r"^(.*?):\d+:\d+: error FLG001", done.stdout, re.MULTILINE)
    assert sorted(name.strip("'") for name in names) == TOLD
    assert {name: (repository / name).read_text() for name in COMMITTED} == COMMITTED


def test_the_fix_hook_mends_them_and_then_has_nothing_to_say(repository: Path, path: str):
    first, second = (run_hook(HOOKS[1], repository, path) for _ in range(2))
    assert first.returncode == 1
    assert "files were modified by this hook" in first.stdout
    after = {name: text.replace("systemm", "system") if name in TOLD else text for name, text in COMMITTED.items()}
    assert {name: (repository / name).read_text() for name in COMMITTED} == after
    assert second.returncode == 0, second.stdout

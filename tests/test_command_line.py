"""The program as shells see it: exit statuses, what goes to which stream, terminals of every kind."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

PLAN = ("plan", "--model", "Qwen2.5-VL-3B-Instruct", "--gpu", "H100-80GB", "--profile", "receipts")


Done = subprocess.CompletedProcess[bytes]


def swiftcfg(*words: str, environment: dict[str, str] | None = None, **options: Any) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "swiftcfg", *words],
        env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
        **options,
    )


def told(*words: str, **options: Any) -> tuple[int, str, str]:
    done = swiftcfg(*words, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_without_words_the_help_is_shown():
    status, out, err = told()
    assert (status, err) == (0, "")
    assert out == told("--help")[1]


@pytest.mark.parametrize(
    ("words", "sentence", "hint"),
    [
        (("plan", "--gpu", "L4"), "missing option '--model'", "swiftcfg plan --help shows what there is"),
        ((*PLAN, "--images", "-1"), "invalid value for '--images': -1 is not in the range x>=0", "swiftcfg plan"),
        ((*PLAN, "--images", "nan"), "invalid value for '--images': 'nan' is not a valid whole number", "swiftcfg"),
        (("plan", "--modle", "x"), "no such option", "swiftcfg plan"),
        (("plann",), "no such command 'plann'", "swiftcfg --help"),
        (("models", "no-such-model"), "no model called 'no-such-model' is known", "`swiftcfg models` lists"),
        (("models", "\x1b[31mred\u202e"), r"no model called '\x1b[31mred\u202e'", "`swiftcfg models` lists"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_in_two_lines(words, sentence, hint):
    status, out, err = told(*words, "--format", "json") if words[0] == "models" else told(*words)
    assert (status, out) == (2, "")
    error, remedy = err.splitlines()
    assert error.startswith(f"error: {sentence}")
    assert remedy.startswith("hint: ")
    assert hint in remedy


def test_a_workload_that_fits_nowhere_ends_with_4():
    status, out, err = told(*PLAN[:3], "--gpu", "8GiB", "--profile", "receipts", "--format", "json")
    assert (status, out) == (4, "")
    assert err.startswith("error: Qwen2.5-VL-3B-Instruct cannot serve receipts on 8GiB")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
@pytest.mark.parametrize("words", [("profiles",), ("gpus", "--list"), PLAN, ("models", "Qwen2-VL-2B-Instruct")])
def test_a_terminal_that_lacks_characters_still_shows_the_rest(words, encoding):
    done = swiftcfg(*words, environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding)


def test_json_is_utf_8_whatever_the_terminal_is():
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = swiftcfg("profiles", "--format", "json", environment=ascii_only)
    assert done.stdout == swiftcfg("profiles", "--format", "json").stdout
    assert "图" in done.stdout.decode("utf-8")


def test_a_reader_that_has_seen_enough_hears_no_complaint():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = swiftcfg("gpus", "--list", stdout=writing)
    finally:
        os.close(writing)
    assert done.stderr == b""


def test_a_full_disk_is_told_and_is_no_bug():
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = swiftcfg(*PLAN, "--format", "json", stdout=full)
    assert done.returncode == 3
    assert done.stderr.decode().startswith("error: cannot write to standard output: No space left on device\nhint: ")


def test_a_closed_standard_output_is_no_bug():
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m swiftcfg profiles >&-', sys.executable], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_closed_standard_input_is_no_bug():
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m swiftcfg profiles - <&-', sys.executable], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, b"error: standard input is closed")


def test_a_current_folder_that_is_gone_is_told(tmp_path):
    script = 'mkdir gone && cd gone && rmdir "$PWD" && exec "$0" -m swiftcfg generate "$@"'
    done = subprocess.run(
        ["/bin/sh", "-c", script, sys.executable, *PLAN[1:], "-o", "x.sh"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == b"error: the folder . does not exist\nhint: change to a folder that exists\n"


def test_ctrl_c_ends_with_130_and_no_traceback():
    reading = subprocess.Popen(
        [sys.executable, "-m", "swiftcfg", "profiles", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with reading:
        time.sleep(1)  # by then it waits for its standard input
        reading.send_signal(signal.SIGINT)
        assert reading.wait(timeout=30) == 130
        assert reading.stderr is not None
        assert reading.stderr.read().strip() == b""


def test_generate_writes_to_standard_output_for_a_dash(tmp_path):
    words = ("generate", *PLAN[1:])
    text = told(*words, "-o", "-", cwd=tmp_path)[1]
    assert text.replace(" -o -", "") == told(*words)[1]
    assert text.startswith("#!/bin/sh")
    assert list(tmp_path.iterdir()) == []

"""What both READMEs show of a launch is what the command prints, and what was launched can be stopped."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from launching import next_port
from serving import serving_python

ROOT = Path(__file__).parent.parent
PAGES = ["README.md", "README.zh-CN.md"]
MARK = "<!-- python3 tools/try_launch.py;"
#: What differs from run to run: times, the version that CI's torch has, the port, where the home is.
CHANGING = [
    (re.compile(r"\d+(\.\d+)? (s|min)\b"), "0 s"),
    (re.compile(r"\d+\.\d+(?=  ok)"), "0"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:0"),
    (re.compile(r" {2,}"), "  "),
    (re.compile(r"\(\d\.\d+ s\)"), "(0 s)"),
]
#: Progress of the weights, which may be told in more or fewer steps.
STEPS = re.compile(r"^ *0 s  weights.*\n", re.MULTILINE)


def steady(text: str) -> str:
    for pattern, same in CHANGING:
        text = pattern.sub(same, text)
    return STEPS.sub("", text)


def shown(page: str) -> tuple[str, str]:
    """The two blocks: what the launch printed, and what the stop printed."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```$", text[text.index(MARK) :], re.MULTILINE | re.DOTALL)
    return blocks[0], blocks[1]


def run(home: Path, *words: str | Path) -> str:
    """Standard error, then standard output: on a terminal they come in this order."""
    environment = {**os.environ, "HOME": str(home), "SWIFTCFG_ORACLES": str(serving_python().parents[2])}
    environment.pop("XDG_STATE_HOME", None)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines(keepends=True)
    lines = [first, done.stderr, *rest] if first.startswith("$ ") else [done.stderr, done.stdout]
    return "".join(lines).replace(f"{home}/", "~/")


@pytest.mark.serve
@pytest.mark.parametrize("page", PAGES)
def test_the_block_of_each_readme_is_the_same(page):
    assert shown(page) == shown(PAGES[0])


@pytest.mark.serve
def test_one_command_serves_a_tiny_model_and_another_stops_it(tmp_path):
    port = str(next_port())
    launched = run(tmp_path, sys.executable, "tools/try_launch.py", "--port", port)
    stopped = run(tmp_path, ".venv/bin/swiftcfg", "stop", "tiny")
    command, launched = launched.split("\n", 1)
    shown_command, shown_launch = shown(PAGES[0])[0].split("\n", 1)
    assert command.endswith(f" --name tiny --detach --port {port}")
    assert shown_command.endswith(" --name tiny --detach")
    assert steady(launched) == steady(shown_launch)
    assert steady(stopped) == steady(shown(PAGES[0])[1])

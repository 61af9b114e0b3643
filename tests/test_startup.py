"""Nothing is imported before it is needed: shells complete, people ask for help, scripts call in loops."""

import json
import subprocess
import sys

import pytest

from swiftcfg.cli import COMMANDS

#: What takes tens of milliseconds to import.
HEAVY = frozenset({"jinja2", "packaging", "pydantic", "pynvml", "rich", "yaml"})

#: Run as another program would: the words of the command line, then a report of what was imported.
_PROGRAM = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr))
from swiftcfg.cli import main
main()
"""


def imported(*words: str, status: int = 0) -> set[str]:
    """The top-level modules that a command has imported when it ends."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM, *words], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("words", [(), ("--help",), ("--version",), *((name, "--help") for name in COMMANDS)])
def test_help_imports_nothing_heavy(words):
    assert imported(*words) & HEAVY == set()


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (("models", "Qwen2-VL-2B-Instruct"), {"packaging"}),
        (("gpus", "--list"), {"yaml"}),
        (("profiles",), {"yaml"}),
        (("tokens", "--model", "Qwen2-VL-2B-Instruct", "--image", "1080p"), {"packaging"}),
        (("plan", "--model", "Qwen2-VL-2B-Instruct", "--gpu", "L4", "--profile", "receipts"), {"packaging", "yaml"}),
    ],
)
def test_commands_import_only_what_they_need(words, needed):
    assert imported(*words) & HEAVY <= needed


@pytest.mark.parametrize(
    ("words", "status", "needed"),
    [
        (("ps", "--all"), 0, set()),
        (("logs", "no-such"), 2, set()),
        (("stop", "no-such"), 2, set()),
        (("status", "no-such"), 2, {"packaging"}),
    ],
)
def test_servers_are_found_without_what_plans_need(tmp_path, monkeypatch, words, status, needed):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert imported(*words, status=status) & HEAVY <= needed

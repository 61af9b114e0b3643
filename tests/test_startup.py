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


def imported(*words: str) -> set[str]:
    """The top-level modules that a command has imported when it ends."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM, *words], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr))


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

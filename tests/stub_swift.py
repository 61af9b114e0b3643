"""A ``swift`` that only writes down how it was called, run by real shells."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Writes its name, the number of its words, the words and its environment, each ended by NUL, then an empty one.
STUB = """#!/bin/sh
while ! mkdir .lock 2>/dev/null; do :; done
{ printf '%s\\0' "${0##*/}" "$#" "$@"; cat "/proc/$$/environ"; printf '\\0'; } >>.records
rmdir .lock
"""

#: Runs each script in a folder of its own; whatever a script leaves behind holds on to 9 until it ends.
#: A function of a broken script may call itself without end, and take all memory.
DRIVER = """exec 9>&1
FUNCNEST=8
ulimit -v 2000000 -t 20 -f 20000
for folder; do
    (cd "$folder" && set -- && . ./.script) </dev/null
done
"""

#: Scripts that one shell runs; bash gets slower with every fork it has made.
BATCH = 200

#: What shells, and the test itself, put into every environment.
BACKGROUND = {"PATH", "PWD", "OLDPWD", "SHLVL", "_", "LC_ALL", "HOME", "BASH_EXECUTION_STRING"}


@dataclass(frozen=True)
class Recorded:
    program: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]


def run_scripts(scripts: Sequence[str], shell: str, folder: Path) -> list[list[Recorded]]:
    """The calls of each script; every script runs in a fork of its own, in a folder that looks empty."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("swift", "python", "python3"):
        (programs / name).write_text(STUB)
        (programs / name).chmod(0o755)
    folders = [folder / str(number) for number in range(len(scripts))]
    for place, script in zip(folders, scripts, strict=True):
        place.mkdir()
        (place / ".script").write_bytes(script.encode("utf-8", "surrogateescape"))
    path = f"{programs}:{os.environ['PATH']}"
    for first in range(0, len(folders), BATCH):
        subprocess.run(
            [shell, "-c", DRIVER, shell, *folders[first : first + BATCH]],
            cwd=folder, env={"PATH": path, "LC_ALL": "C.UTF-8"}, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return [_calls(place / ".records") for place in folders]


def _calls(records: Path) -> list[Recorded]:
    content = records.read_bytes() if records.exists() else b""
    words = iter(content.decode("utf-8", "surrogateescape").split("\0")[:-1])
    calls = []
    for program in words:
        argv = tuple(next(words) for _ in range(int(next(words))))
        calls.append(Recorded(program, argv, _environment(iter(words.__next__, ""))))
    return calls


def _environment(entries: Iterable[str]) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in entries)
    return {name: value for name, _, value in pairs if name not in BACKGROUND}

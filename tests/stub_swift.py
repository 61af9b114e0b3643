"""A ``swift`` that only writes down how it was called, run by real shells."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Writes the number of its words, the words and its environment, each ended by NUL, then an empty one.
STUB = """#!/bin/sh
while ! mkdir '{folder}/lock' 2>/dev/null; do :; done
{{ printf '%s\\0' "${{0##*/}}" "$#" "$@"; cat "/proc/$$/environ"; printf '\\0'; }} >>'{folder}/records'
rmdir '{folder}/lock'
"""

DRIVER = """records=$1; shift
for script; do
    printf 'script\\0' >>"$records"
    (. "$script") </dev/null
    wait
done
"""

#: What shells, and the test itself, put into every environment.
BACKGROUND = {"PATH", "PWD", "OLDPWD", "SHLVL", "_", "LC_ALL", "HOME", "BASH_EXECUTION_STRING"}


@dataclass(frozen=True)
class Recorded:
    program: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]


def run_scripts(scripts: Sequence[str], shell: str, folder: Path) -> list[list[Recorded]]:
    """The calls of each script, in order; every script runs in a fork of one shell, in an empty folder."""
    here, programs, texts = folder / "here", folder / "programs", folder / "scripts"
    for path in (here, programs, texts):
        path.mkdir(parents=True)
    for name in ("swift", "python", "python3"):
        (programs / name).write_text(STUB.format(folder=folder))
        (programs / name).chmod(0o755)
    paths = [texts / f"{number}.sh" for number in range(len(scripts))]
    for path, script in zip(paths, scripts, strict=True):
        path.write_bytes(script.encode("utf-8", "surrogateescape"))
    (folder / "records").touch()
    path = f"{programs}:{os.environ['PATH']}"
    subprocess.run(
        [shell, "-c", DRIVER, shell, folder / "records", *paths],
        cwd=here, env={"PATH": path, "LC_ALL": "C.UTF-8"}, check=False, capture_output=True,
    )  # fmt: skip
    return _split((folder / "records").read_bytes())


def _split(content: bytes) -> list[list[Recorded]]:
    words = iter(content.decode("utf-8", "surrogateescape").split("\0")[:-1])
    scripts: list[list[Recorded]] = []
    for word in words:
        if word == "script":
            scripts.append([])
            continue
        argv = tuple(next(words) for _ in range(int(next(words))))
        scripts[-1].append(Recorded(word, argv, _environment(iter(words.__next__, ""))))
    return scripts


def _environment(entries: Iterable[str]) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in entries)
    return {name: value for name, _, value in pairs if name not in BACKGROUND}

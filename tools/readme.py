"""Run what the READMEs show and write down what it printed, or check that what they show is still true.

usage: python tools/readme.py [--check]

In a block fenced as ``console`` a line that begins with "$ " is a command for bash ("> " continues it), and the lines
up to the next one are what it printed, errors included. A line "…" stands for lines that are left out, and stays.
Other blocks are never run: commands that install something, need a GPU or take minutes are fenced as ``sh``. What such
a command prints can still be shown: a comment ``<!-- $ command -->`` above a block is run, and the block is its output.

Commands run in order in one temporary folder that looks like a clone. NVML is out of reach there, so a machine with a
GPU shows what one without shows. A command that fails must say so itself: ``swiftcfg gpus; echo "exit status $?"``.
Both READMEs show the same commands.

The files of EXAMPLES under examples/ are made by the commands beside them, and checked in the same way.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

from check import STORY

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "README.zh-CN.md")

#: File under examples/ -> what makes it.
EXAMPLES = {
    "deploy.sh": ["swiftcfg", "generate", *STORY, "--output", "deploy.sh"],
    "deploy.yaml": ["swiftcfg", "generate", *STORY, "--target", "yaml", "--output", "deploy.yaml"],
}

LEFT_OUT = "…"
HIDDEN = re.compile(r"<!-- \$ (.*) -->")


@dataclass(frozen=True)
class Shown:
    """One command of a page, the lines that hold it there, and what the page says that it printed."""

    command: str
    written: tuple[str, ...]
    output: tuple[str, ...]


def parts(text: str) -> Iterator[str | Shown]:
    """A page as its lines, with each command and its output taken together."""
    runs, lines = False, text.split("\n")
    while lines:
        line = lines.pop(0)
        if line.startswith("```"):
            runs = line == "```console"
        if hidden := HIDDEN.fullmatch(line):
            yield Shown(hidden[1], (line, lines.pop(0)), _taken(lines, lambda each: not each.startswith("```")))
        elif runs and line.startswith("$ "):
            written = (line, *_taken(lines, lambda each: each.startswith("> ")))
            output = _taken(lines, lambda each: not each.startswith(("$ ", "```")))
            shown = _without_blank_end(output)
            yield Shown("\n".join(each[2:] for each in written), written, shown)
            yield from output[len(shown) :]
        else:
            yield line


def _taken(lines: list[str], belongs: Callable[[str], bool]) -> tuple[str, ...]:
    taken = []
    while lines and belongs(lines[0]):
        taken.append(lines.pop(0))
    return tuple(taken)


def _without_blank_end(lines: Sequence[str]) -> tuple[str, ...]:
    end = max((number for number, line in enumerate(lines, 1) if line), default=0)
    return tuple(lines[:end])


def holds(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether the output is the one shown, LEFT_OUT being any number of lines."""
    pattern = "".join("(?:.*\n)*?" if line == LEFT_OUT else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


def renewed(shown: Sequence[str], printed: Sequence[str]) -> Iterator[str]:
    """What was printed, without what corresponds to the lines left out so far."""
    if LEFT_OUT not in shown:
        yield from printed
        return
    places = _places(shown, printed)
    cuts = [-1, *(number for number, line in enumerate(shown) if line == LEFT_OUT), len(shown)]
    told = 0
    for before, after in pairwise(cuts):
        found = [places[number] for number in range(before + 1, after) if number in places]
        first = max(told, min(found, default=0)) if before >= 0 else 0
        last = max(found, default=-1) + 1 if after < len(shown) else len(printed)
        if after > before + 1:
            yield from printed[first:last]
            told = max(first, last)
        if after < len(shown):
            yield LEFT_OUT


def _places(shown: Sequence[str], printed: Sequence[str]) -> dict[int, int]:
    """Where each line shown is among those printed, whatever its numbers are now."""
    ours, theirs = ([re.sub(r"[\d.,\s]+", "0", line) for line in lines] for lines in (shown, printed))
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return {mine + step: other + step for mine, other, size in blocks for step in range(size)}


class Place:
    """A temporary folder in which commands see this Python's swiftcfg and nothing of the user's own settings."""

    def __init__(self, folder: Path) -> None:
        self.work, blind, home = folder / "work", folder / "blind", folder / "home"
        for each in (self.work, blind, home):
            each.mkdir()
        (blind / "libnvidia-ml.so.1").touch()  # the loader finds this first, and it is no library
        self.environment = {
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
            "LD_LIBRARY_PATH": str(blind),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONUTF8": "1",
        }

    def run(self, command: str) -> list[str]:
        """The lines that a command prints; ends this program where it fails."""
        done = subprocess.run(
            ["bash", "-c", command],  # noqa: S607  (found on the PATH above)
            cwd=self.work,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{command}\n{done.stdout}ends with {done.returncode}; the READMEs do not say so")
        return [line.rstrip() for line in done.stdout.splitlines()]

    def look_like_clone(self) -> None:
        """Put there what commands may name: examples to read, and the tools with what they import."""
        shutil.copytree(ROOT / "examples", self.work / "examples")
        for name in ("tools", "tests"):
            (self.work / name).symlink_to(ROOT / name)


def examples(place: Place) -> Iterator[tuple[Path, str]]:
    """Each file of EXAMPLES, and what it should hold."""
    for name, argv in EXAMPLES.items():
        place.run(shlex.join(argv))
        yield ROOT / "examples" / name, (place.work / name).read_text(encoding="utf-8")
        (place.work / name).unlink()


def pages(place: Place) -> Iterator[tuple[Path, str]]:
    """Each README, and what it should hold."""
    parsed = {name: list(parts((ROOT / name).read_text(encoding="utf-8"))) for name in PAGES}
    first, *others = ([part.command for part in page if isinstance(part, Shown)] for page in parsed.values())
    if any(other != first for other in others):
        sys.exit(f"{' and '.join(PAGES)} show different commands: {set(first) ^ set(others[0]) or 'in other orders'}")
    printed = [_without_blank_end(place.run(command)) for command in first]
    for name, page in parsed.items():
        outputs = iter(printed)
        lines = [line for part in page for line in ([part] if isinstance(part, str) else _now(part, next(outputs)))]
        yield ROOT / name, "\n".join(lines)


def _now(shown: Shown, printed: Sequence[str]) -> list[str]:
    return [*shown.written, *(shown.output if holds(shown.output, printed) else renewed(shown.output, printed))]


def main(arguments: list[str]) -> int:
    stale = 0
    for made in (examples, pages):
        with tempfile.TemporaryDirectory() as folder:
            place = Place(Path(folder))
            if made is pages:
                place.look_like_clone()
            for path, text in made(place):
                if arguments != ["--check"]:
                    path.write_text(text, encoding="utf-8")
                elif not path.exists() or path.read_text(encoding="utf-8") != text:
                    print(f"{path.relative_to(ROOT)} is not what its commands print: run python tools/readme.py")
                    stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

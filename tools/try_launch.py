"""Serve a tiny model on this machine's processor, with one command: ``python3 tools/try_launch.py``.

Makes what is missing: ``.venv`` with swiftcfg, an environment with ms-swift that needs no GPU (tools/oracles.py, about
3 GB and some minutes), and a model of 20 MB with random weights. Then it runs the command that it shows. Give it more
words and they are added to that command: ``python3 tools/try_launch.py --port auto``.
"""

import os
import shlex
import subprocess
import sys
import venv
from pathlib import Path

import oracles

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / ".venv" / "bin" / "swiftcfg"
NAME = "tiny"
#: ms-swift tells families that share an architecture by the name of the folder.
FAMILY, FOLDER = "qwen2_5_vl", "Qwen2.5-VL-7B-Instruct"


def install() -> None:
    if not PROGRAM.exists():
        venv.create(PROGRAM.parents[1], with_pip=True)
        subprocess.run([PROGRAM.with_name("python"), "-m", "pip", "install", "--quiet", ROOT], check=True)


def serving_environment() -> Path:
    place, environment = oracles.root() / "serve", oracles.ENVIRONMENTS["serve"]
    if not oracles.is_complete(place, environment):
        print(f"{shown(place)}: making it with {', '.join(environment.requirements)} ...", flush=True)
        oracles.make(place, environment)
    return place


def tiny_model(environment: Path) -> Path:
    place = oracles.root() / "tiny-models" / FOLDER
    if not (place / "config.json").exists():
        tool = ROOT / "tools" / "tiny_model.py"
        subprocess.run([environment / "bin" / "python", tool, FAMILY, place], check=True, stdout=subprocess.DEVNULL)
    return place


def shown(word: str | Path) -> str:
    """A word as a reader would type it."""
    text = str(word)
    home, root = f"{Path.home()}/", f"{ROOT}/"
    if text.startswith(root):
        return shlex.quote(text.removeprefix(root))
    return f"~/{shlex.quote(text.removeprefix(home))}" if text.startswith(home) else shlex.quote(text)


def main(more: list[str]) -> None:
    install()
    environment = serving_environment()
    words: list[str | Path] = [
        PROGRAM, "launch", "--model", tiny_model(environment), "--profile", "mixed-images-video", "--gpu", "24GiB",
        "--cpu", "--python", environment, "--name", NAME, "--detach", *more,
    ]  # fmt: skip
    print("$", " ".join(map(shown, words)), flush=True)
    os.execv(PROGRAM, [str(word) for word in words])  # noqa: S606  (there is no shell in it)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Make the environments with real libraries that tests compare with: ``python tools/oracles.py [NAME ...]``.

They live under $SWIFTCFG_ORACLES (default ~/.cache/swiftcfg-tests), a folder per name. One that is complete,
as its stamp file tells, is used again; anything else under that name is made anew.

``swift`` is ms-swift with a torch that needs no GPU, about 2 GB. The ``qwen-vl-utils-*`` ones hold that library
without its dependencies (a few MB each): the tests replace torch and torchvision, whose pixels they do not need.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

STAMP = "swiftcfg-complete.json"


@dataclass(frozen=True)
class Environment:
    """What pip installs, and whether with what that depends on."""

    requirements: tuple[str, ...]
    dependencies: bool


def _library(version: str) -> Environment:
    return Environment((f"qwen-vl-utils=={version}", "packaging", "pillow"), dependencies=False)


#: The first and the last release of each generation of qwen-vl-utils that ms-swift works with.
QWEN_VL_UTILS = ("0.0.6", "0.0.8", "0.0.9", "0.0.11", "0.0.13", "0.0.14")
ENVIRONMENTS = {
    **{f"qwen-vl-utils-{version}": _library(version) for version in QWEN_VL_UTILS},
    "swift": Environment(("torch==2.13.0", "ms-swift==4.6.0", "qwen_vl_utils==0.0.14"), dependencies=True),
}


def root() -> Path:
    return Path(os.environ.get("SWIFTCFG_ORACLES") or Path.home() / ".cache" / "swiftcfg-tests")


def is_complete(place: Path, environment: Environment) -> bool:
    """Whether the stamp says that everything asked for was installed, and its interpreter still starts."""
    try:
        stamp = json.loads((place / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return stamp == list(environment.requirements) and _starts(place / "bin" / "python")


def _starts(python: Path) -> bool:
    """False for a link whose Python was removed."""
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0


def make(place: Path, environment: Environment) -> None:
    """Make one environment from nothing; the stamp is written last."""
    if place.exists():
        shutil.rmtree(place)
    venv.create(place, with_pip=False, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet"]
    options = [] if environment.dependencies else ["--no-deps", "--no-compile"]
    subprocess.run([*pip, *options, *environment.requirements], check=True)
    (place / STAMP).write_text(json.dumps(list(environment.requirements)), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the environments with real libraries that tests compare with.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which; default: all of {', '.join(ENVIRONMENTS)}")
    names = parser.parse_args().names or list(ENVIRONMENTS)
    unknown = sorted(set(names) - set(ENVIRONMENTS))
    if unknown:
        parser.error(f"no environment is called {unknown[0]!r}; there are: {', '.join(ENVIRONMENTS)}")
    for name in names:
        place, environment = root() / name, ENVIRONMENTS[name]
        if is_complete(place, environment):
            print(f"{place}: complete")
            continue
        print(f"{place}: making it with {', '.join(environment.requirements)} ...", flush=True)
        make(place, environment)


if __name__ == "__main__":
    main()

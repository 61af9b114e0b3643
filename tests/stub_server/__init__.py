"""A serving environment that does what a test tells it: ``PREFIX/bin/python PREFIX/…/swift/cli/deploy.py FLAGS``.

``serving_environment`` lays out a virtual environment with the metadata of ms-swift and its backends, and with
``deploy.py`` of this folder in the place of ms-swift's own. What a server does is a list of steps; deploy.py says
which there are. They come from the variable STUB_SERVER or, where that is not set, from ``PREFIX/behaviour.json``.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from environments import environment, site_packages

#: Packages of the environment, as pip would list them, unless a test names others.
VERSIONS = {
    "ms_swift": "4.6.0",
    "vllm": "0.11.0",
    "transformers": "4.57.1",
    "torch": "2.8.0",
    "qwen_vl_utils": "0.0.14",
    "decord": "0.6.0",
}

#: One step: its name and what it takes.
Step = Sequence[Any]


def behaviour(*steps: Step, **settings: Any) -> str:
    """The text for STUB_SERVER: steps in order, then settings of the HTTP server (see deploy.py)."""
    return json.dumps({"steps": [list(step) for step in steps], **settings})


def serving_environment(folder: Path, versions: Mapping[str, str] = VERSIONS, does: str | None = None) -> Path:
    """Make the environment in ``folder`` and give the path of its interpreter; no package manager runs."""
    environment(folder, **versions)
    packages, deploy = site_packages(folder), deploy_script(folder)
    deploy.parent.mkdir(parents=True)
    shutil.copyfile(Path(__file__).with_name("deploy.py"), deploy)
    for package in (deploy.parent, deploy.parent.parent):
        (package / "__init__.py").touch()
    for name in versions.keys() - {"ms_swift"}:
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text(f"__version__ = {versions[name]!r}\n")
    if does is not None:
        (folder / "behaviour.json").write_text(does)
    return folder / "bin" / "python"


def deploy_script(folder: Path) -> Path:
    """Where the stub of ms-swift's own entry lies in an environment."""
    return site_packages(folder) / "swift" / "cli" / "deploy.py"

"""Environments of Python that hold nothing but metadata, and a program in the place of ms-swift's."""

import sys
from pathlib import Path

#: What a deployment of Qwen-VL on the CPU has.
SERVING = {
    "ms_swift": "4.6.0", "torch": "2.13.0+cpu", "torchvision": "0.28.0", "transformers": "5.19.0",
    "qwen_vl_utils": "0.0.14", "decord": "0.6.0",
}  # fmt: skip

#: Tells how it was started, as the real program would see it.
_TELLS = """
import json, os, sys
print(json.dumps({"argv": sys.argv, "path": sys.path[0], "left": sys.stdin.read(), "environment": dict(os.environ),
                  "main": sys.modules["__main__"].__file__}))
"""


def site_packages(folder: Path) -> Path:
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def environment(folder: Path, **packages: str) -> Path:
    """A virtual environment without pip, with the metadata of some packages in it and nothing else of them."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).resolve().parent}\nversion = {version}\ninclude-system-site-packages = false\n"
    )
    for name, release in packages.items():
        info = site_packages(folder) / f"{name}-{release}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {release}\n")
    return folder


def serving(folder: Path, **packages: str) -> Path:
    """One with ms-swift and what it needs, and a program that tells how it was started."""
    environment(folder, **{**SERVING, **packages})
    program = site_packages(folder) / "swift" / "cli" / "deploy.py"
    program.parent.mkdir(parents=True)
    program.write_text(_TELLS)
    return folder

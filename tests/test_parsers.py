"""The catalogue of flags, read from source, against what each release's own parser answered when it ran."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from oracle import interpreter
from packaging.version import Version

from swiftcfg.detect import read_catalog
from swiftcfg.flags import FlagSpec
from swiftcfg.knowledge import load

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import parsers

RECORDED = parsers.recorded(json.loads(parsers.FILE.read_text(encoding="utf-8")))


def row_of(spec: FlagSpec) -> list[Any]:
    """A flag of the catalogue as argparse should have it: type, nargs, default, choices, other spellings."""
    many, plain = spec.kind.startswith("list of "), spec.kind.removeprefix("list of ").removeprefix("optional ")
    kind = "choice" if spec.choices else {"json": "str"}.get(plain, plain)
    nargs = "+" if many else "?" if spec.is_switch else None
    negations = [f"--{one}" for one in spec.spellings if one.replace("-", "_") != spec.name]
    row = [kind, nargs, spec.default, list(spec.choices), negations]
    while row[-1] in (None, [], ""):
        row.pop()
    return row


def test_every_release_in_the_catalogue_was_run():
    assert RECORDED.keys() == load("flags/releases.json").keys()


@pytest.mark.parametrize("release", RECORDED)
def test_the_catalogue_is_what_the_parser_of_the_release_takes(release: str):
    flags = read_catalog(Version(release)).flags
    assert {name: row_of(spec) for name, spec in flags.items()} == RECORDED[release]["options"]


def test_no_release_needs_a_stand_in_for_an_argument_module():
    replaced = {name for answer in RECORDED.values() for name in answer["replaced"]}
    assert not any("argument" in name for name in replaced), replaced


def test_differences_give_whole_answers_back():
    answers = {
        "1": {"options": {"a": ["int"], "b": ["str"]}, "replaced": []},
        "2": {"options": {"a": ["int", None, 1]}, "replaced": ["x"]},
        "3": {"options": {"a": ["int", None, 1], "b": ["str"]}, "replaced": []},
    }
    assert parsers.recorded(json.loads(parsers.render(parsers.changes(answers)))) == answers


def run(folder: Path, home: str) -> subprocess.CompletedProcess[str]:
    command = [interpreter("swift"), "-I", parsers.RUNNER, folder, home]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.oracle
def test_the_release_that_is_installed_answers_as_recorded():
    (folder,) = (interpreter("swift").parent.parent / "lib").glob("python*/site-packages")
    done = run(folder, "swift.arguments.deploy_args")
    assert json.loads(done.stdout) == RECORDED["4.6.0"], done.stderr


SMALL = {
    "swift/__init__.py": "",
    "swift/utils/__init__.py": "",
    "swift/utils/utils.py": "",
    "swift/broken.py": "raise RuntimeError",
    "swift/bases.py": """
from dataclasses import dataclass
@dataclass
class Base:
    share: float = 0.5
    dry: bool = True
""",
    "swift/deploy.py": """
from dataclasses import dataclass
from typing import Literal, Optional
import swift.broken
from transformers import LongGone
from swift.bases import Base
@dataclass
class DeployArguments(Base):
    port: int = 80
    kind: Literal['a', 'b'] = 'a'
    hint: Optional[bool] = None
""",
}


def unpacked(folder: Path, **changes: str) -> Path:
    for path, text in (SMALL | {f"swift/{name}.py": text for name, text in changes.items()}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.mark.oracle
def test_what_newer_libraries_lack_is_replaced_and_named(tmp_path: Path):
    done = run(unpacked(tmp_path), "swift.deploy")
    assert json.loads(done.stdout) == {
        "options": {
            "share": ["float", None, 0.5],
            "dry": ["bool", "?", True, [], ["--no_dry", "--no-dry"]],
            "port": ["int", None, 80],
            "kind": ["choice", None, "a", ["a", "b"]],
            "hint": ["bool"],
        },
        "replaced": ["swift.broken", "transformers.LongGone"],
    }


@pytest.mark.oracle
def test_a_base_that_would_be_a_stand_in_fails_the_run(tmp_path: Path):
    done = run(unpacked(tmp_path, bases="raise RuntimeError"), "swift.deploy")
    assert done.returncode == 1
    assert "Base, a base of DeployArguments, could not be imported" in done.stderr

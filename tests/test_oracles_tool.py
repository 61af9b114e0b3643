"""tools/oracles.py: what counts as complete, and what it refuses."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import oracles

ENVIRONMENT = oracles.Environment(("one==1",), dependencies=False)


def environment_folder(folder: Path, stamp: str) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / oracles.STAMP).write_text(stamp, encoding="utf-8")
    return folder


def test_a_stamp_that_matches_is_complete(tmp_path):
    assert oracles.is_complete(environment_folder(tmp_path / "venv", json.dumps(["one==1"])), ENVIRONMENT)


@pytest.mark.parametrize("stamp", ["", "[]", '["one==2"]'])
def test_another_stamp_is_not(tmp_path, stamp):
    assert not oracles.is_complete(environment_folder(tmp_path / "venv", stamp), ENVIRONMENT)


def test_nor_is_a_folder_that_lost_its_python(tmp_path):
    place = environment_folder(tmp_path / "venv", json.dumps(["one==1"]))
    (place / "bin" / "python").unlink()
    assert not oracles.is_complete(place, ENVIRONMENT)
    assert not oracles.is_complete(tmp_path / "nothing", ENVIRONMENT)


def test_an_unknown_name_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["oracles.py", "nope"])
    with pytest.raises(SystemExit):
        oracles.main()
    assert "no environment is called 'nope'" in capsys.readouterr().err

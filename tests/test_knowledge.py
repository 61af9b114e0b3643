"""The files of swiftcfg/knowledge that are made of others."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import knowledge


def test_what_programs_read_is_what_people_wrote():
    assert knowledge.stale() == []


def test_a_file_that_differs_is_named_and_written_anew(tmp_path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(knowledge, "FOLDER", tmp_path)
    assert knowledge.main(["--check"]) == 1
    assert capsys.readouterr().out.split()[0] == "swiftcfg/knowledge/gpus.json"
    assert knowledge.main([]) == 0
    assert knowledge.stale() == []

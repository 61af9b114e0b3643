"""Which files ``swiftcfg validate`` looks at."""

import os
from pathlib import Path

import pytest

from swiftcfg.errors import InputError
from swiftcfg.source_files import Found, find_files

CALL = "swift deploy --model m\n"


def found_in(*names: str) -> list[Found]:
    def refuse(error: InputError) -> None:
        raise error

    return list(find_files(names, refuse))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "a.sh": CALL, "b/c.yaml": "model: m\n", "b/d.png": CALL, "b/run": CALL, "b/other.sh": "echo\n",
        ".git/x.sh": CALL, ".github/workflows/e.yml": f"- run: {CALL}", "node_modules/x.sh": CALL, "b/Dockerfile": CALL,
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.usefixtures("tree")
def test_folders_are_searched_for_what_may_hold_a_call():
    assert found_in(".") == [
        Found("./a.sh", named=False),
        Found("./.github/workflows/e.yml", named=False),
        Found("./b/Dockerfile", named=False),
        Found("./b/c.yaml", named=False),
        Found("./b/run", named=False),
    ]


def test_what_nobody_wrote_is_passed_over_in_folders(tree: Path):
    os.mkfifo(tree / "b" / "pipe.sh")
    (tree / "b" / "gone.sh").symlink_to("nowhere.sh")
    (tree / "b" / "circle.sh").symlink_to("circle.sh")
    (tree / "b" / "tokenizer.json").write_text('{"model": "' + "x" * 2**20 + '"}')
    (tree / "b" / "again").symlink_to(tree / "b")
    assert [Path(found.path).name for found in found_in("b")] == ["Dockerfile", "c.yaml", "run"]


@pytest.mark.usefixtures("tree")
def test_names_are_taken_as_they_are_and_nothing_twice():
    found = found_in("-", "b/d.png", "a.sh", "./a.sh", "gone.sh", "")
    assert found == [Found(name, named=True) for name in ("-", "b/d.png", "a.sh", "gone.sh", "")]


@pytest.mark.usefixtures("tree")
def test_patterns_are_matched_and_must_match():
    assert found_in("**/*.yaml", "?.sh") == [Found("b/c.yaml", named=True), Found("a.sh", named=True)]
    told: list[str] = []
    found = list(find_files(["*.zsh", "a.sh"], lambda error: told.append(error.sentence)))
    assert (found, told) == ([Found("a.sh", named=True)], ["no file matches '*.zsh'"])


@pytest.mark.usefixtures("tree")
def test_folders_that_cannot_be_listed_are_told(monkeypatch: pytest.MonkeyPatch):
    scandir = os.scandir

    def refusing(path: str) -> object:
        if path == "b":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    told: list[str] = []
    found = list(find_files(["b", "a.sh"], lambda error: told.append(error.sentence)))
    assert (found, told) == ([Found("a.sh", named=True)], ["cannot list the folder b: Permission denied"])

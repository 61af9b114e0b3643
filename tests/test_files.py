import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import swiftcfg.files
from swiftcfg.errors import InputError, MachineError, SwiftcfgError
from swiftcfg.files import read_bytes, write_new


@pytest.fixture
def umask():
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def told(path: object, text: str = "x", *, force: bool = False) -> tuple[str, str | None]:
    with pytest.raises(InputError) as caught:
        write_new(str(path), text, force=force)
    return caught.value.sentence, caught.value.hint


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_written_is_read_back_to_the_byte(tmp_path_factory: pytest.TempPathFactory, text: str):
    path = tmp_path_factory.mktemp("d") / "f"
    write_new(str(path), text)
    assert path.read_bytes() == text.encode()
    assert names_in(path.parent) == ["f"]


def test_bytes_of_a_path_that_is_not_utf8_are_written_as_they_came(tmp_path):
    write_new(str(tmp_path / "f"), os.fsdecode(b"/m\xff"))
    assert read_bytes(str(tmp_path / "f")) == b"/m\xff"


def test_half_a_character_is_refused_before_anything_is_written(tmp_path):
    assert (
        told(tmp_path / "f", "a\ud83d")[0] == "the text to write holds U+D83D, half a character that no file can hold"
    )
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("mask", "mode", "expected"), [(0o022, 0o755, 0o755), (0o077, 0o755, 0o700), (0, 0o644, 0o644)]
)
def test_the_umask_clears_bits_of_the_mode(tmp_path, umask, mask: int, mode: int, expected: int):
    umask(mask)
    write_new(str(tmp_path / "f"), "x", mode=mode)
    write_new(str(tmp_path / "f"), "y", mode=mode, force=True)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == expected


def test_a_name_without_a_folder_is_written_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_new("f", "x")
    write_new("f", "y", force=True)
    assert (tmp_path / "f").read_text() == "y"


def test_what_exists_stays_without_force(tmp_path):
    (tmp_path / "f").write_text("old")
    assert told(tmp_path / "f") == (f"{tmp_path}/f exists already", "give --force to replace it, or another name")
    assert (tmp_path / "f").read_text() == "old"


def test_a_link_to_nothing_is_not_followed_without_force(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "f")
    assert told(tmp_path / "link")[0] == f"{tmp_path}/link exists already"
    assert not (tmp_path / "f").exists()


def test_with_force_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "f").write_text("old")
    (tmp_path / "link").symlink_to("f")
    write_new(str(tmp_path / "link"), "new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "f").read_text() == "new"


def test_with_force_a_circle_of_links_is_told(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert told(tmp_path / "a", force=True)[0] == f"{tmp_path}/a is not a regular file"


def test_devices_and_pipes_are_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert told(tmp_path / "pipe", force=True)[0] == f"{tmp_path}/pipe is not a regular file"
    assert told("/dev/null", force=True)[0] == "/dev/null is not a regular file"
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_what_cannot_be_read_is_told_with_the_remedy(tmp_path):
    (tmp_path / "f").touch()
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for path, fault in {
        tmp_path: "is a folder",
        tmp_path / "f" / "g": "goes through something that is not a folder",
        tmp_path / "circle": "goes round in a circle of symbolic links",
        tmp_path / ("x" * 5000): "is too long for a file name",
        tmp_path / "a\0b": "is not a file name",
        Path("/dev/zero"): "is larger than 1 MiB",
    }.items():
        with pytest.raises(InputError, match=fault) as caught:
            read_bytes(str(path))
        assert caught.value.hint


def test_a_pipe_is_read_and_one_that_nobody_writes_to_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(swiftcfg.files, "PIPE_PATIENCE_S", 0.2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="nothing comes out of the pipe"):
        read_bytes(str(pipe))
    writer = threading.Thread(target=pipe.write_bytes, args=(b"a" * 200_000,))
    writer.start()
    assert read_bytes(str(pipe)) == b"a" * 200_000
    writer.join()


def test_paths_that_cannot_be_are_told_with_the_remedy(tmp_path):
    (tmp_path / "f").write_text("x")
    assert told(tmp_path / "my scripts" / "f") == (
        f"the folder '{tmp_path}/my scripts' does not exist",
        f"make it with: mkdir -p '{tmp_path}/my scripts'",
    )
    assert told(tmp_path, force=True) == (f"{tmp_path} is a folder", f"name a file in it, such as {tmp_path}/deploy.sh")
    assert told(f"{tmp_path}/new/")[0] == f"{tmp_path}/new/ is a folder"
    assert told(tmp_path / "f" / "g")[0] == f"{tmp_path}/f is not a folder"
    assert told(tmp_path / ("n" * 300))[0].endswith("is too long for a file name")
    assert told("a\0b")[0].endswith("is not a file name")
    assert told("")[0] == "'' is not a file name"
    assert names_in(tmp_path) == ["f"]


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        (errno.ENOSPC, MachineError, "no space left in {0} for {0}/f"),
        (errno.EDQUOT, MachineError, "no space left in {0} for {0}/f"),
        (errno.EIO, MachineError, "cannot write {0}/f: Input/output error"),
        (errno.EACCES, InputError, "no permission to write in {0}"),
        (errno.EROFS, InputError, "{0} can only be read"),
    ],
)
def test_what_the_system_refuses_is_told_and_leaves_nothing(
    tmp_path, monkeypatch, number: int, kind: type[SwiftcfgError], sentence: str
):
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(kind) as caught:
        write_new(str(tmp_path / "f"), "x")
    assert caught.value.sentence == sentence.format(tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("hard_links", [True, False])
def test_of_many_writers_at_once_one_wins_and_the_others_are_told(tmp_path, monkeypatch, hard_links: bool):
    if not hard_links:

        def refuse(source: str, target: str) -> None:
            raise OSError(errno.EPERM, "Operation not permitted", source, None, target)

        monkeypatch.setattr(os, "link", refuse)
    path, gate, lost = tmp_path / "f", threading.Barrier(8), []

    def write(text: str) -> None:
        gate.wait()
        try:
            write_new(str(path), text)
        except InputError as error:
            lost.append((text, error.sentence))

    texts = [letter * 50_000 for letter in "abcdefgh"]
    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {sentence for _, sentence in lost} == {f"{path} exists already"}
    assert [path.read_text()] == [text for text in texts if text not in dict(lost)]
    assert names_in(tmp_path) == ["f"]

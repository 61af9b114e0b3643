"""What a server prints: kept whole, without secrets, in bounded memory, whatever it is and whatever the disk does."""

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaks import no_leaks
from wardens import PATIENCE_S, SERVE, Launched, swiftcfg, variables, wait

from swiftcfg.procfs import memory_bytes
from swiftcfg.servers.folder import ServerFolder
from swiftcfg.servers.logs import LogReader
from swiftcfg.warden import logfile
from swiftcfg.warden.logfile import LogFile
from swiftcfg.warden.tail import LINE_BYTES, LINES, Tail
from swiftcfg.warden.veil import Veil

# Secrets

TEXT = st.text("ab\"\\'é\n", min_size=1, max_size=6)


@given(st.lists(TEXT, max_size=3), st.lists(st.binary(max_size=8) | TEXT.map(str.encode), max_size=8))
def test_no_spelling_of_a_secret_passes_however_the_output_is_cut(secrets, pieces):
    veil = Veil(secrets)
    shown = b"".join([*map(veil.feed, pieces), veil.flush()])
    for secret in secrets:
        for spelling in (
            secret,
            repr(secret)[1:-1],
            json.dumps(secret)[1:-1],
            json.dumps(secret, ensure_ascii=False)[1:-1],
        ):
            assert spelling.encode() not in shown.replace(b"***", b"\0")
    if not secrets:
        assert shown == b"".join(pieces)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_what_holds_no_secret_passes_unchanged_however_it_is_cut(data, cuts):
    veil = Veil(["key-that-is-not-there", "kek"])
    if b"kek" in data:
        return
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    assert b"".join([*map(veil.feed, pieces), veil.flush()]) == data


def test_the_key_that_ms_swift_prints_twice_is_in_no_feed_log_state_or_tail(launch):
    key = "sk-\"quoted'and\\more"
    server = launch(["secret", None], ["raw", f"cut {key[:5]}"], ["sleep", 0.2], ["raw", key[5:] + "\n"], ["exit", 1],
                    flags=["--api_key", key], secrets=[key], stdin=key)  # fmt: skip
    ended = server.ended()
    assert server.output.count(b"***") == 3
    everything = [server.output, repr(ended).encode(), *(path.read_bytes() for path in server.folder.iterdir())]
    assert not any(b"quoted" in each for each in everything)


# Any bytes


def test_garbage_passes_byte_by_byte_into_log_and_feed(launch):
    garbage = bytes(range(256)).decode("latin-1") + "\x1b[31mred\x1b[0m\rback\r\n"
    server = launch(["raw", garbage], ["exit", 0])
    ended = server.ended()
    assert server.output == garbage.encode("latin-1")
    assert server.log().endswith(server.output)
    assert ended["tail"][-1] == "back"


def test_a_line_without_end_costs_no_memory_and_is_kept_whole_in_the_log(launch):
    size = 20_000_000
    server = launch(["long", size], SERVE)
    server.serving()
    assert memory_bytes(server.pid("warden")) < 20 * 2**20
    logged = b"".join((server.folder / name).read_bytes() for name in ("log.1", "log"))
    assert logged.count(b"x") == size
    server.warden.kill()
    assert max(map(len, server.ended()["tail"])) == LINE_BYTES


def test_a_flood_does_not_wait_for_a_slow_reader_and_what_is_left_out_is_counted(launch):
    server = launch(["flood", [50e6, 1.0]], ["say", "dry"], ["exit", 0])
    server.event("started")
    wait(lambda: server.state()["ended"])  # nothing is read until it is over
    server.ended()
    lost = sum(event["bytes"] for event in server.events if event["event"] == "left_out")
    logged = sum(path.stat().st_size for path in server.folder.glob("log*"))
    assert lost > 10e6
    assert logged > 30e6
    assert len(server.output) <= 1.2 * 2**20
    flooded = len(server.output) + lost
    assert server.state()["log_lost"] is None
    assert logged <= 3 * logfile.FILE_BYTES
    assert flooded > 30e6
    assert server.events[-1]["tail"][-1] == "dry"


@given(st.lists(st.binary(max_size=20) | st.sampled_from([b"\n", b"a\r", b"\r\n"]), max_size=40))
def test_the_last_lines_do_not_depend_on_how_the_output_is_cut(pieces):
    cut, whole = Tail(), Tail()
    for piece in pieces:
        cut.feed(piece)
    whole.feed(b"".join(pieces))
    assert cut.lines() == whole.lines()
    assert len(whole.lines()) <= LINES


def test_of_many_lines_the_last_are_kept():
    tail = Tail()
    for number in range(1000):
        tail.feed(f"{number}\n".encode())
    tail.feed(b"open")
    assert tail.lines() == [*map(str, range(801, 1000)), "open"]


# Disks


def test_the_log_is_rotated_and_read_in_order_by_a_reader_who_came_before(tmp_path, monkeypatch):
    monkeypatch.setattr(logfile, "FILE_BYTES", 100)
    folder = ServerFolder(str(tmp_path / "one"), make=True)
    log, reader = LogFile(folder), LogReader(folder)
    written, read = b"", b""
    for number in range(100):
        line = f"line {number}\n".encode()
        assert not log.write(line)
        written += line
        if number % 10 == 0:
            while piece := reader.read():
                read += piece
    while piece := reader.read():
        read += piece
    assert read == written
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "one").iterdir()}
    assert sizes == {"log": 90, "log.1": 100, "log.2": 100}
    reader.close()
    log.close()
    folder.close()


def test_a_log_that_somebody_empties_or_removes_goes_on_and_so_does_who_reads_it(tmp_path):
    folder = ServerFolder(str(tmp_path / "one"), make=True)
    log, reader = LogFile(folder), LogReader(folder)
    log.write(b"a long first line\n")
    read = [reader.read()]
    os.truncate(tmp_path / "one" / "log", 0)
    log.write(b"second\n")
    read.append(reader.read())
    (tmp_path / "one" / "log").unlink()
    log.write(b"third\n")
    read.append(reader.read())
    assert read == [b"a long first line\n", b"second\n", b"third\n"]
    for each in (reader, log, folder):
        each.close()


def test_every_file_is_for_the_user_alone_whatever_the_umask_is(launch):
    before = os.umask(0)
    try:
        server = launch(["exit", 0])
        server.ended()
    finally:
        os.umask(before)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in server.folder.iterdir()}
    assert modes == {"lock": "0o600", "log": "0o600", "state.json": "0o600"}
    assert {oct(path.stat().st_mode & 0o777) for path in (server.folder, *list(server.folder.parents)[:2])} == {"0o700"}


@pytest.mark.parametrize("name", ["log", "log.1", "state.json", "state.json.new"])
def test_a_symbolic_link_in_the_folder_is_never_followed(launch, tmp_path, name):
    folder = tmp_path / "swiftcfg" / "servers" / "tiny"
    folder.mkdir(parents=True)
    (tmp_path / "precious").write_text("mine")
    (folder / name).symlink_to(tmp_path / "precious")
    server = launch(["say", "x"], ["exit", 0])
    server.ended()
    assert (tmp_path / "precious").read_text() == "mine"
    assert b"x\n" in server.log()


@pytest.mark.parametrize("what", ["lock", "folder"])
def test_a_lock_or_folder_that_is_a_link_is_refused(launch, tmp_path, what):
    folder = tmp_path / "swiftcfg" / "servers" / "tiny"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder if what == "lock" else folder.parent).mkdir(parents=True)
    (folder / "lock" if what == "lock" else folder).symlink_to(elsewhere / "file" if what == "lock" else elsewhere)
    refused = launch(SERVE).event("refused")
    assert re.search("symbolic links|Not a directory", refused["why"])
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("what", ["lock", "."])
def test_what_belongs_to_another_user_is_refused(launch, tmp_path, what):
    folder = tmp_path / "swiftcfg" / "servers" / "tiny"
    folder.mkdir(parents=True)
    (folder / "lock").touch()
    os.chown(folder / what, 65534, 65534)
    refused = launch(SERVE).event("refused")
    assert re.search("it is no file of ours|it belongs to another user", refused["why"])


def test_a_folder_that_cannot_be_made_is_refused_with_its_name(launch, tmp_path):
    (tmp_path / "swiftcfg").write_text("a file")
    refused = launch(SERVE).event("refused")
    assert refused["why"].startswith(str(tmp_path / "swiftcfg"))
    assert "Not a directory" in refused["why"]


def limited(bytes_):
    """A launcher in which no file may grow beyond that; what it starts inherits it."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))


LAUNCHER = """
import json, sys
from swiftcfg.warden.start import start_warden
warden = start_warden(json.loads(sys.argv[1]))
while True:
    frame = warden.frames.read(20)
    if frame.event: print(json.dumps(frame.event), flush=True)
    if frame.event.get("event") in ("ended", "refused"): break
"""


def events_of(launched, preexec):
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, json.dumps(launched.order)], preexec_fn=preexec, capture_output=True,
        text=True, timeout=60, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_files_that_may_not_grow_are_rotated_early_and_the_server_goes_on(environment, tmp_path):
    with no_leaks():
        server = Launched(environment, tmp_path, ["flood", [1e6, 0.5]], ["say", "dry"], ["exit", 4])
        events = events_of(server, limited(100_000))
    assert (events[-1]["event"], events[-1]["status"], events[-1]["tail"][-1]) == ("ended", 4, "dry")
    assert [path.stat().st_size for path in sorted(server.folder.glob("log.*"))] == [100_000, 100_000]


def test_where_no_state_can_be_written_nothing_is_started(environment, tmp_path):
    with no_leaks():
        events = events_of(Launched(environment, tmp_path, SERVE), limited(0))
    assert [(event["event"], event["why"]) for event in events[-1:]] == [("refused", "File too large")]
    assert swiftcfg(tmp_path, "ps", "--all").stdout == "no server runs\n"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 200 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", place], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_loses_counted_lines_and_nothing_else(environment, small_disk):
    with no_leaks():
        server = Launched(environment, small_disk, ["flood", [1e6, 0.5]], ["say", "wet"], SERVE, cwd="/").start()
        lost = server.event("log_lost")
        server.said(b"wet")
        server.serving()
        assert lost["why"] == "No space left on device"
        (server.folder / "log").write_bytes(b"")  # somebody makes room
        time.sleep(logfile.PAUSE_S)
        os.kill(server.pid("server"), signal.SIGKILL)
        ended = server.ended()
        assert (ended["status"], "wet" in ended["tail"]) == (-9, True)
        assert server.state()["ended"]["status"] == -9
        server.leave()


def test_a_disk_that_can_only_be_read_is_refused_by_name(environment, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with no_leaks():
        server = Launched(environment, small_disk, SERVE).start()
        assert server.event("refused")["why"] == f"{small_disk}/swiftcfg: Read-only file system"
        server.leave()


# swiftcfg logs


def test_logs_prints_all_or_the_last_lines(launch, tmp_path):
    server = launch(*(["say", f"line {number}"] for number in range(5)), ["raw", "no end"], ["exit", 0])
    server.ended()
    everything = server.log().decode()
    assert swiftcfg(tmp_path, "logs", "tiny").stdout == everything
    assert everything.endswith("line 3\nline 4\nno end")
    assert swiftcfg(tmp_path, "logs", "tiny", "-n", "2").stdout == "line 4\nno end"
    assert swiftcfg(tmp_path, "logs", "tiny", "-n", "0").stdout == ""
    assert swiftcfg(tmp_path, "logs", "tiny", "-n", "100").stdout == everything


def test_logs_follows_over_rotations_to_the_end_of_the_server(launch, tmp_path):
    lines = [f"{number:07d}" + 992 * "x" for number in range(100)]
    steps = [["flood", [20e6, 1.0]], *(["say", line] for line in lines), ["exit", 0]]
    server = launch(["say", "first"], ["sleep", 0.5], *steps)
    server.said(b"first")
    follower = subprocess.Popen(
        [sys.executable, "-m", "swiftcfg", "logs", "tiny", "-f"], env=variables(tmp_path), stdout=subprocess.PIPE
    )
    server.ended()
    out, _ = follower.communicate(timeout=PATIENCE_S)
    assert out.splitlines()[1] == b"first"
    assert [line.decode() for line in out.splitlines()[-100:]] == lines
    logged = b"".join((server.folder / name).read_bytes() for name in ("log.1", "log"))
    assert out == logged


def test_each_run_of_a_name_begins_a_new_part_of_the_log(launch, tmp_path):
    for word in ("one", "two"):
        launch(["say", word], ["exit", 0]).ended()
    text = re.sub(r"\d{4}-.*Z", "TIME", swiftcfg(tmp_path, "logs", "tiny").stdout)
    assert text == "[swiftcfg: tiny starts at TIME]\none\n[swiftcfg: tiny starts at TIME]\ntwo\n"


def test_a_terminal_gets_no_control_sequences(launch, tmp_path):
    launch(["raw", "\x1b]0;title\x07\x1b[31mred\x1b[0m\n"], ["exit", 0]).ended()
    main, terminal = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "swiftcfg", "logs", "tiny"], env=variables(tmp_path), stdout=terminal, check=True
    )
    os.close(terminal)
    shown = os.read(main, 4096)
    os.close(main)
    assert shown.endswith(b"red\r\n")
    assert b"\x1b" not in shown

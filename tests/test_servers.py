"""Servers by name: what may be one, what is found of each, and that nobody else's process is ever touched."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaks import no_leaks
from wardens import PATIENCE_S, SERVE, Launched, swiftcfg, wait

from swiftcfg.errors import InputError, MachineError
from swiftcfg.launch.standing import standing
from swiftcfg.procfs import process
from swiftcfg.report.servers import end_text, servers_json, servers_text, stopped_json, stopped_text
from swiftcfg.report.standing import standing_json, standing_text
from swiftcfg.servers.folder import ServerFolder
from swiftcfg.servers.following import log_of
from swiftcfg.servers.found import Servers, list_servers, read_server, remove_stale, without_stale
from swiftcfg.servers.members import TOKEN_VARIABLE, left_behind
from swiftcfg.servers.names import checked_name, folder_of, servers_root
from swiftcfg.servers.state import here, new_state, write_state
from swiftcfg.servers.stopping import stop_server

SCHEMAS = Path(__file__).parent.parent / "docs" / "schemas"
TOKEN = os.urandom(16).hex()
NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
def environ(tmp_path):
    return {"XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture
def bystander():
    """Somebody else's process, the leader of its own session."""
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield child
    assert child.poll() is None, "it was touched"
    child.kill()
    child.wait()


def put(environ, name="tiny", **changes: Any):
    """A state file that says this, whatever is true; its warden is none that lives."""
    nobody = {"pid": 2**22, "start_ticks": 1}
    state = new_state(name, {"model": "m/tiny"}, grace_s=1.0, token=TOKEN)
    state |= {"warden": nobody, "guard": nobody, "server": nobody, **changes}
    folder = ServerFolder(folder_of(name, environ), make=True)
    write_state(folder, state)
    folder.close()
    return state


# Names

ESCAPES = [
    "..", ".", "", "/", "/etc", "a/b", "../a", "a/../../b", "-f", "--all", ".hidden", "a\0b", "a b", "ü", "\u202ea",
    "x" * 65, "x" * 5000, "a\n", "\ud800", "~", "$HOME", "a*",
]  # fmt: skip


@pytest.mark.parametrize("name", ESCAPES, ids=range(len(ESCAPES)))
def test_a_name_that_leads_elsewhere_is_none(environ, tmp_path, name):
    for use in (read_server, remove_stale, folder_of):
        with pytest.raises(InputError, match="is no name for a server"):
            use(name, environ)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=80))
def test_the_folder_of_a_name_lies_right_below_the_root(name):
    try:
        folder = folder_of(name, {"XDG_STATE_HOME": "/state"})
    except InputError:
        return
    assert os.path.normpath(folder) == folder
    assert str(Path(folder).parent) == servers_root({"XDG_STATE_HOME": "/state"})


@pytest.mark.parametrize("name", ["a", "Qwen2.5-VL-7B", "x" * 64, "0", "a.b_c-d"])
def test_ordinary_names_are_names(name):
    assert checked_name(name) == name


def test_a_state_folder_that_is_not_absolute_counts_as_none():
    home = str(Path("~/.local/state/swiftcfg/servers").expanduser())
    assert {servers_root({}), servers_root({"XDG_STATE_HOME": ""}), servers_root({"XDG_STATE_HOME": "x"})} == {home}


# What a state says, and what is true


def test_a_state_of_another_boot_is_lost_and_its_pids_are_not_touched(environ, bystander):
    ticks = process(bystander.pid).start_ticks
    ours = {"pid": bystander.pid, "start_ticks": ticks}
    put(environ, where=here() | {"boot_id": "another"}, warden=ours, guard=ours, server=ours)
    assert read_server("tiny", environ).phase == "lost"
    stopped = stop_server("tiny", environ, print)
    assert (stopped.found, stopped.ended) == ("lost", None)


def test_a_pid_that_was_given_anew_is_nobody_of_ours(environ, bystander):
    other = {"pid": bystander.pid, "start_ticks": process(bystander.pid).start_ticks - 1}
    put(environ, warden=other, guard=other, server=other)
    assert read_server("tiny", environ).phase == "lost"
    assert stop_server("tiny", environ, print).found == "lost"


def test_a_session_whose_number_was_given_anew_is_nobody_of_ours(bystander):
    """The leader has another start time; or it is gone, and nobody in the session carries the token."""
    assert left_behind(bystander.pid, process(bystander.pid).start_ticks - 1, TOKEN) == []
    orphaned = subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!"], start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    left = int(orphaned.stdout.readline())
    orphaned.stdout.close()
    orphaned.wait()
    try:
        assert process(left).session == orphaned.pid
        assert left_behind(orphaned.pid, 1, TOKEN) == []
    finally:
        os.kill(left, 9)


def test_what_carries_the_token_and_what_shares_its_session_is_ours():
    script = "sleep 60 & env -u SWIFTCFG_SERVER sleep 61 & echo ready"
    with no_leaks():
        first = subprocess.Popen(
            ["sh", "-c", script],
            start_new_session=True,
            stdout=subprocess.PIPE,
            env={**os.environ, TOKEN_VARIABLE: TOKEN},
        )
        first.stdout.readline()
        first.stdout.close()
        first.wait()
        wait(lambda: [each.name for each in left_behind(first.pid, 1, TOKEN)] == ["sleep", "sleep"])
        found = left_behind(first.pid, 1, TOKEN)
        assert left_behind(first.pid, 1, "1" * 32) == []
        for each in found:
            os.kill(each.pid, 9)


def test_a_server_on_another_machine_is_told_and_left_alone(environ):
    put(environ, where=here() | {"host": "node7", "boot_id": "another"})
    folder = ServerFolder(folder_of("tiny", environ))
    lock = folder.lock()
    assert read_server("tiny", environ).phase == "elsewhere"
    with pytest.raises(InputError, match="tiny runs on node7"):
        stop_server("tiny", environ, print)
    assert not remove_stale("tiny", environ)
    os.close(lock)
    folder.close()
    assert read_server("tiny", environ).phase == "lost"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b'{"name": 1}'])
def test_a_damaged_state_is_told_and_hides_no_other(environ, content):
    put(environ, "good")
    put(environ, "tiny")
    (Path(folder_of("tiny", environ)) / "state.json").write_bytes(content)
    with pytest.raises(MachineError, match="the state of tiny cannot be read"):
        read_server("tiny", environ)
    found = list_servers(environ)
    assert [each.name for each in found.servers] == ["good"]
    assert len(found.notes) == 1


#: What no field of a state is, or nearly none.
ODD = [
    None,
    "",
    "x",
    "\x1b[2J\n\u202e\ud800",
    [],
    [1],
    {},
    {"a": 1},
    0,
    -1,
    10**400,
    1.5,
    float("nan"),
    True,
    "9" * 5000,
]
MISSING = object()


def fields(value: Any, *place: str) -> Iterator[tuple[str, ...]]:
    """Where something stands in a state, from the whole of it on."""
    yield place
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from fields(inner, *place, name)


def mutated(state: Any, place: tuple[str, ...], value: Any) -> Any:
    if not place:
        return value
    rest = {name: inner for name, inner in state.items() if name != place[0]}
    return rest if value is MISSING and not place[1:] else rest | {place[0]: mutated(state[place[0]], place[1:], value)}


@pytest.mark.parametrize("ended", [None, {"status": 1, "by": "itself", "killed": [2], "at": NOW, "tail": ["x"]}])
def test_whatever_a_field_of_a_state_is_it_is_told_or_can_be_shown(environ, ended):
    """And what it says is never taken for a process to signal: the only ones that it names are not there."""
    record = {
        "model": "m/tiny", "url": "http://127.0.0.1:9", "served_model_name": "tiny", "backend": "vllm",
        "ready_at": NOW, "versions": {"ms-swift": "4.6.0"}, "variables": {"A": "b"}, "proved": True,
        "measured": {"kv cache": {"value": 1}},
    }  # fmt: skip
    state = put(environ, record=record, ended=ended, log_lost={"lines": 1, "why": "x"})
    path = Path(folder_of("tiny", environ)) / "state.json"
    for place, value in product(fields(state), (*ODD, MISSING)):
        if place or value is not MISSING:
            path.write_text(json.dumps(mutated(state, place, value)))
            shown(environ)


def shown(environ) -> None:
    """Every report of the server tiny, where its state can be read."""
    try:
        server = read_server("tiny", environ)
        found = standing(server, None, 1.0)
    except MachineError:
        assert len(list_servers(environ).notes) == 1
        return
    now = datetime.now(timezone.utc)
    texts = [servers_text(Servers((server,), ()), now), standing_text(found, now), servers_json(Servers((server,), ()))]
    stopped = stop_server("tiny", environ, print)
    assert "\x1b" not in "".join([*texts, standing_json(found), stopped_text(stopped), stopped_json(stopped)])


def test_a_copy_of_a_state_is_no_other_server(environ):
    """Else to stop the copy would stop the server."""
    put(environ)
    shutil.copytree(folder_of("tiny", environ), folder_of("copy", environ))
    with pytest.raises(MachineError, match="the state of copy cannot be read: it is the state of another server"):
        stop_server("copy", environ, print)


@pytest.mark.parametrize("content", [b"[" * 200_000, b" " * 2**25, b'{"a":' * 200_000], ids=["list", "blank", "table"])
def test_a_state_without_end_is_told(environ, content):
    put(environ)
    (Path(folder_of("tiny", environ)) / "state.json").write_bytes(content)
    with pytest.raises(MachineError, match="the state of tiny cannot be read"):
        read_server("tiny", environ)


@pytest.mark.parametrize("put_there", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/etc/passwd")])
@pytest.mark.parametrize("name", ["state.json", "log", "lock"])
def test_what_is_no_file_of_ours_is_told_and_never_followed(environ, name, put_there):
    put(environ)
    path = Path(folder_of("tiny", environ)) / name
    path.unlink(missing_ok=True)
    put_there(path)
    before = Path("/etc/passwd").stat()
    for command in (read_server, lambda *words: [*log_of(*words, None, follow=False)], remove_stale):
        with suppress(MachineError):
            command("tiny", environ)
    after = Path("/etc/passwd").stat()
    assert (before.st_mode, before.st_mtime, before.st_size) == (after.st_mode, after.st_mtime, after.st_size)


def test_files_of_others_in_the_folder_stay_and_the_server_is_forgotten(environ):
    put(environ)
    other = Path(folder_of("tiny", environ)) / "notes.txt"
    other.write_text("mine")
    assert remove_stale("tiny", environ)
    assert other.read_text() == "mine"
    assert list_servers(environ) == Servers((), ())


def test_what_cannot_be_removed_stays_listed_with_a_note(environ):
    put(environ)
    log = Path(folder_of("tiny", environ)) / "log.1"
    log.mkdir()
    put(environ, "other")
    left = without_stale(list_servers(environ), environ)
    assert [each.name for each in left.servers] == ["tiny"]
    assert "tiny cannot be removed" in left.notes[0]


def test_folders_that_are_no_servers_are_passed_over(environ, tmp_path):
    for name in ("empty", "-odd", "ü"):
        Path(servers_root(environ), name).mkdir(parents=True)
    assert list_servers(environ) == list_servers({"XDG_STATE_HOME": str(tmp_path / "none")})


def test_only_what_is_over_is_removed_with_all_its_files_and_no_other(environ):
    put(environ)
    folder = Path(folder_of("tiny", environ))
    (folder / "log").write_text("x")
    assert remove_stale("tiny", environ)
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_closed_to_us_is_told(environ):
    put(environ)
    Path(folder_of("tiny", environ)).chmod(0)
    with pytest.raises(MachineError, match="Permission denied"):
        read_server("tiny", environ)


def test_how_a_server_ended_is_said_in_few_words():
    def end(**changes: Any) -> str:
        return end_text({"by": "itself", "status": 0, "killed": [], "at": "", **changes})

    assert end() == "ended with status 0"
    assert end(status=-9) == "ended by SIGKILL"
    assert end(status=-60) == "ended by signal 60"
    assert end(by="stop", status=-15, killed=[1]) == "stopped, 1 process killed"
    assert end(by="guard", status=None, killed=[1, 2]) == "stopped when its warden was killed, 2 processes killed"
    assert end_text(None) == "nothing is known of its end"


# Commands


def valid(schema, text):
    data = json.loads(text)
    jsonschema.validate(data, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))
    return data


def test_ps_and_stop_show_the_whole_life_of_a_server(environment, tmp_path):
    with no_leaks():
        server = Launched(environment, tmp_path, SERVE).start()
        port = server.serving()
        server.warden.note({"url": f"http://127.0.0.1:{port}", "ready_at": "2026-01-01T00:00:00Z", "backend": "vllm"})
        server.wait_state(lambda state: state["record"].get("url"))
        (row,) = swiftcfg(tmp_path, "ps").stdout.splitlines()[1:]
        assert row.split()[:5] == ["tiny", "serving", f"http://127.0.0.1:{port}", "tiny", str(server.pid("server"))]
        (listed,) = valid("ps", swiftcfg(tmp_path, "ps", "--format", "json").stdout)["servers"]
        processes = [{"pid": server.pid("server"), "name": "python"}]
        assert (listed["state"], listed["processes"], listed["end"]) == ("serving", processes, None)
        stopped = valid("stop", swiftcfg(tmp_path, "stop", "tiny", "--grace", "3s", "--format", "json").stdout)
        assert (stopped["found"], stopped["end"]["by"], stopped["end"]["status"]) == ("serving", "stop", -15)
        server.ended()
        server.leave()
    assert swiftcfg(tmp_path, "ps").stdout == "no server runs\n"
    (listed,) = valid("ps", swiftcfg(tmp_path, "ps", "--all", "--format", "json").stdout)["servers"]
    assert (listed["state"], listed["pid"]) == ("ended", None)
    assert swiftcfg(tmp_path, "stop", "tiny").stdout == "tiny had ended before: stopped\n"
    assert swiftcfg(tmp_path, "ps", "--all", "--clean").stdout == "no server runs\n"
    assert list(Path(servers_root({"XDG_STATE_HOME": str(tmp_path)})).iterdir()) == []


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"model": "/models/Qwen2.5-VL-7B-Instruct/"}, "Qwen2.5-VL-7B-Instruct"),
        ({"model": "Qwen/Qwen3-VL-8B-Instruct"}, "Qwen3-VL-8B-Instruct"),
        ({"model": "/models/a", "served_model_name": "org/b"}, "org/b"),
    ],
)
def test_a_model_is_listed_by_what_its_server_calls_it_or_will_call_it(environ, record, name):
    put(environ, record=record)
    (server,) = list_servers(environ).servers
    head, row = servers_text(Servers((server,), ()), datetime.now(timezone.utc)).splitlines()
    assert row[head.index("model") : head.index("pid")].strip() == name


def test_the_grace_period_of_stop_counts_and_not_that_of_the_launch(environment, tmp_path):
    with no_leaks():
        server = Launched(environment, tmp_path, ["ignore", "SIGTERM"], SERVE, grace_s=60.0).start()
        server.serving()
        done = swiftcfg(tmp_path, "stop", "tiny", "--grace", "0.3")
        assert done.stderr == "asked tiny to end; what is left after 0.3 s will be killed\n"
        assert done.stdout.endswith("s: stopped, 1 process killed\n")
        server.leave()


def test_two_stops_at_once_both_see_it_end(environment, tmp_path):
    with no_leaks():
        server = Launched(environment, tmp_path, SERVE).start()
        server.serving()
        words = [sys.executable, "-m", "swiftcfg", "stop", "tiny"]
        both = [
            subprocess.Popen(words, env={**os.environ, "XDG_STATE_HOME": str(tmp_path)}, stdout=-1, stderr=-1)
            for _ in range(2)
        ]
        assert [each.communicate(timeout=PATIENCE_S)[0].rpartition(b":")[2] for each in both] == [b" stopped\n"] * 2
        server.leave()


@pytest.mark.parametrize("command", ["stop", "logs"])
def test_a_name_that_nobody_has_is_told(tmp_path, command):
    done = swiftcfg(tmp_path, command, "tiny")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: there is no server called tiny\nhint: swiftcfg ps --all lists the servers\n"

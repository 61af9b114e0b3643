"""The warden: whatever happens to whom, nothing of a server is left over, and what happened is told."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from leaks import no_leaks
from wardens import PATIENCE_S, SERVE, Launched, swiftcfg, wait, wait_gone

from swiftcfg.procfs import memory_bytes, process, processes, sockets_on
from swiftcfg.servers.found import read_server
from swiftcfg.servers.members import descendants

WORKER = ["child", {"name": "worker"}]
DAEMON = ["child", {"name": "daemon", "own_session": True, "orphan": True}]
STUBBORN = ["child", {"name": "stubborn", "steps": [["ignore", "SIGTERM"], ["say", "deaf"]]}]


def phase(launched):
    return read_server(launched.name, {"XDG_STATE_HOME": str(launched.home)}).phase


def in_order(launched):
    return [event["event"] for event in launched.events]


def members(launched):
    found = read_server(launched.name, {"XDG_STATE_HOME": str(launched.home)}).members
    return sorted(each.name for each in found)


# Start and stop


def test_a_server_starts_serves_and_stops_when_asked(launch):
    server = launch(WORKER, DAEMON, SERVE)
    port = server.serving()
    assert any(each.listening for each in sockets_on(port))
    assert members(server) == ["daemon", "python", "worker"]
    server.warden.stop()
    ended = server.ended()
    assert in_order(server) == ["started", "stopping", "exited", "ended"]
    assert (ended["by"], ended["status"], ended["killed"]) == ("stop", -signal.SIGTERM, [])
    assert not any(each.listening for each in sockets_on(port))
    assert (phase(server), server.state()["ended"]["by"]) == ("ended", "stop")


def test_the_server_leads_a_session_of_its_own_with_three_descriptors_and_default_signals(launch):
    ends = socket.socketpair()
    for end in ends:
        end.set_inheritable(True)
    server = launch(["show", "fds"], ["show", "group"], SERVE)
    server.serving()
    pid = server.pid("server")
    assert b"fds [0, 1, 2]\n" in server.output
    assert f"group [{pid}, {pid}, {pid}]\n".encode() in server.output
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = int(re.search(r"SigIgn:\s*(\w+)", status)[1], 16)
    assert ignored & ~(1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1) == 0  # those two Python itself ignores
    assert int(re.search(r"SigBlk:\s*(\w+)", status)[1], 16) == 0
    for end in ends:
        end.close()


def test_a_text_for_standard_input_reaches_the_server_and_no_file_or_process_list(launch):
    server = launch(["show", "stdin"], SERVE, stdin="the-key-of-the-house", secrets=["the-key-of-the-house"])
    server.serving()
    assert b'stdin "***"' in server.output
    lists = [Path(f"/proc/{each.pid}/cmdline").read_bytes() for each in descendants(os.getpid(), processes())]
    files = [path.read_bytes() for path in server.folder.iterdir()]
    assert not any(b"the-key" in content for content in lists + files)


@pytest.mark.parametrize("way", ["nothing", "not executable", "no folder to be in"])
def test_what_cannot_be_started_is_refused_with_its_name(launch, tmp_path, way):
    path = tmp_path / "program"
    if way == "not executable":
        path.write_text("x")
    order = {"argv": [str(path)]} if way != "no folder to be in" else {"cwd": str(path)}
    server = launch(SERVE, **order)
    refused = server.event("refused")
    why = "Permission denied" if way == "not executable" else "No such file or directory"
    assert (refused["why"], refused["held"]) == (f"{path}: {why}", False)
    assert server.warden.process.wait(PATIENCE_S) == 1
    assert swiftcfg(tmp_path, "ps", "--all").stdout == "no server runs\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["at once", "starting", "serving"])
def test_a_signal_to_the_warden_stops_the_server_at_every_moment(launch, number, moment):
    server = launch(["say", "begins"], ["sleep", 0.3 if moment == "starting" else 0], WORKER, SERVE)
    if moment != "at once":
        server.event("started")
        server.said(b"begins" if moment == "starting" else b"Uvicorn")
    server.warden.process.send_signal(number)
    if moment == "at once":
        assert wait(lambda: server.warden.process.poll() is not None)
    else:
        assert server.ended()["by"] == "stop"


def test_a_stop_that_goes_on_is_hurried_by_another(launch):
    server = launch(["ignore", "SIGTERM"], SERVE, grace_s=30.0)
    server.serving()
    server.warden.stop()
    server.event("stopping")
    began = time.monotonic()
    server.warden.kill()
    assert server.ended()["killed"] == [server.pid("server")]
    assert time.monotonic() - began < 15  # half of the grace period


# What servers do


def test_a_grandchild_that_ignores_the_request_is_killed_after_the_grace_period(launch):
    server = launch(STUBBORN, SERVE, grace_s=0.5)
    server.serving()
    server.said(b"deaf")
    server.warden.stop()
    ended = server.ended()
    assert (ended["status"], len(ended["killed"])) == (-signal.SIGTERM, 1)


def test_a_stopped_process_is_woken_to_hear_the_request(launch):
    server = launch(SERVE)
    server.serving()
    os.kill(server.pid("server"), signal.SIGSTOP)
    server.warden.stop()
    assert (server.ended()["status"], server.events[-1]["killed"]) == (-signal.SIGTERM, [])


@pytest.mark.parametrize(
    ("last", "status"), [(["exit", 7], 7), (["exit", 0], 0), (["kill", "SIGKILL"], -9), (["kill", "SIGSEGV"], -11)]
)
def test_a_server_that_ends_by_itself_takes_its_members_along_and_is_noticed_at_once(launch, last, status):
    server = launch(WORKER, DAEMON, ["say", "last words"], last)
    server.said(b"last words")
    said = time.monotonic()
    assert server.event("exited")["status"] == status
    assert time.monotonic() - said < 1
    ended = server.ended()
    assert (ended["by"], ended["status"], ended["tail"]) == ("itself", status, ["last words"])


def test_sigkill_from_outside_is_told_as_its_status(launch):
    server = launch(WORKER, SERVE)
    server.serving()
    os.kill(server.pid("server"), signal.SIGKILL)
    assert (server.ended()["status"], server.events[-1]["by"]) == (-9, "itself")


def test_processes_that_start_while_others_end_are_found(launch):
    late = ["child", {"steps": [["ignore", "SIGTERM"], ["sleep", 0.3], ["child", {"own_session": True, "copies": 5}]]}]
    server = launch(late, SERVE, grace_s=1.0)
    server.serving()
    server.warden.stop()
    server.ended()


# Who holds the leash


LAUNCHER = """
import json, sys, time
from swiftcfg.warden.start import start_warden
warden = start_warden(json.loads(sys.argv[1]))
while True:
    frame = warden.frames.read(10)
    if b"Uvicorn" in frame.output: break
if sys.argv[2] == "detached":
    warden.detach()
    warden.close()
print("ready", flush=True)
time.sleep(60)
"""


def launcher(launched, how):
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, json.dumps(launched.order), how], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


def test_sigkill_of_the_launcher_stops_an_attached_server(environment, tmp_path):
    with no_leaks():
        server = Launched(environment, tmp_path, WORKER, DAEMON, SERVE)
        process = launcher(server, "attached")
        process.kill()
        process.wait()
        assert server.wait_state(lambda state: state["ended"])["ended"]["by"] == "leash"
        wait_gone(server.pid("warden"))


def test_a_detached_server_lives_on_without_its_launcher_and_is_stopped_by_name(environment, tmp_path):
    with no_leaks():
        server = Launched(environment, tmp_path, WORKER, SERVE)
        process = launcher(server, "detached")
        process.kill()
        process.wait()
        server.wait_state(lambda state: state["detached"])
        time.sleep(0.3)  # long enough to end it, were it taken for one that nobody holds
        assert phase(server) == "starting"
        done = swiftcfg(tmp_path, "stop", "tiny")
        assert (done.returncode, done.stderr) == (0, "asked tiny to end; what is left after 5 s will be killed\n")
        assert re.fullmatch(r"tiny stopped in \d+\.\d s: stopped\n", done.stdout)


def test_what_is_noted_is_in_the_state_and_tells_that_it_serves(launch):
    server = launch(SERVE)
    server.serving()
    server.warden.note({"port": 8123, "ready_at": "2026-01-01T00:00:00Z"})
    server.wait_state(lambda state: state["record"].get("ready_at"))
    assert server.state()["record"] == {"model": "m/tiny", "port": 8123, "ready_at": "2026-01-01T00:00:00Z"}
    assert phase(server) == "serving"


# Watchers that are killed


def test_when_the_warden_is_killed_the_guard_ends_the_server_and_says_so(launch):
    server = launch(WORKER, DAEMON, STUBBORN, SERVE, grace_s=1.0)
    server.serving()
    server.said(b"deaf")
    os.kill(server.pid("warden"), signal.SIGKILL)
    ended = server.ended()
    assert (ended["by"], ended["status"], len(ended["killed"])) == ("guard", None, 1)
    assert "deaf" in ended["tail"]
    assert server.state()["ended"]["by"] == "guard"
    assert phase(server) == "ended"


def test_a_guard_that_is_killed_is_renewed_and_does_its_work(launch):
    server = launch(SERVE)
    server.serving()
    first = server.pid("guard")
    os.kill(first, signal.SIGKILL)
    server.wait_state(lambda state: state["guard"]["pid"] != first)
    os.kill(server.pid("warden"), signal.SIGKILL)
    assert server.ended()["by"] == "guard"


def test_a_server_whose_warden_and_guard_are_killed_is_unattended_and_can_be_stopped(launch, tmp_path):
    server = launch(WORKER, DAEMON, SERVE)
    server.serving()
    for who in ("guard", "warden"):
        os.kill(server.pid(who), signal.SIGSTOP)
    for who in ("guard", "warden"):
        os.kill(server.pid(who), signal.SIGKILL)
    wait_gone(server.pid("guard"), server.pid("warden"))
    with pytest.raises(EOFError):
        server.event("ended")
    assert (phase(server), members(server)) == ("unattended", ["daemon", "python", "worker"])
    assert "unattended" in swiftcfg(tmp_path, "ps").stdout
    done = swiftcfg(tmp_path, "stop", "tiny")
    assert (done.returncode, done.stderr) == (0, "nobody watches tiny any more; ending its processes from here\n")
    assert phase(server) == "ended"


def test_a_warden_that_hangs_does_not_keep_stop_from_its_work(launch, tmp_path, monkeypatch):
    from swiftcfg.servers import stopping

    monkeypatch.setattr(stopping, "PATIENCE_S", 0.5)
    server = launch(WORKER, SERVE)
    server.serving()
    os.kill(server.pid("warden"), signal.SIGSTOP)
    told = []
    stopping.stop_server("tiny", {"XDG_STATE_HOME": str(tmp_path)}, told.append, 0.5)
    assert told[1:] == [
        "what watches over tiny does not answer; ending it from here",
        "nobody watches tiny any more; ending its processes from here",
    ]
    assert phase(server) == "ended"


# One name, one server


def test_of_two_wardens_of_one_name_one_wins_and_the_other_says_so(launch):
    both = [launch(SERVE), launch(SERVE)]
    for each in both:
        each.until(lambda each=each: in_order(each))
    firsts = sorted(each.events[0]["event"] for each in both)
    assert firsts == ["refused", "started"]
    (refused,) = (each.events[0] for each in both if each.events[0]["event"] == "refused")
    assert (refused["held"], refused["why"]) == (True, "another launch holds the name tiny")


def test_the_name_is_free_as_soon_as_the_end_is_told(launch):
    for _ in range(5):
        server = launch(["exit", 1])
        server.event("ended")
        assert in_order(server)[0] == "started"


def test_many_looks_do_not_keep_a_launch_from_its_name(launch, tmp_path):
    looks = [
        subprocess.Popen(
            [sys.executable, "-c", LOOK, str(tmp_path / "swiftcfg" / "servers" / "tiny")], stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    for _ in range(5):
        server = launch(["exit", 0])
        server.event("ended")
        assert in_order(server)[0] == "started"
    for look in looks:
        look.kill()
        look.wait()


LOOK = """
import sys, os
from swiftcfg.servers.folder import ServerFolder
while True:
    if os.path.isdir(sys.argv[1]): ServerFolder(sys.argv[1]).is_held()
"""


# The follower


def followed(environment, home, *steps: Any, epilogue=(), **order: Any):
    code = """
import json, sys
from swiftcfg.warden.start import start_warden
order, epilogue = json.loads(sys.argv[1])
warden = start_warden(order)
warden.frames.until("started", 10)
warden.follow(order["name"], tuple(epilogue))
"""
    server = Launched(environment, home, *steps, **order)
    words = [sys.executable, "-c", code, json.dumps([server.order, list(epilogue)])]
    return server, subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_follower_copies_the_output_and_hands_a_signal_on(environment, tmp_path, number, status):
    with no_leaks():
        _, follower = followed(environment, tmp_path, ["say", "hello"], SERVE)
        assert follower.stdout.readline() == b"hello\n"
        assert b"Uvicorn" in follower.stdout.readline()
        follower.send_signal(number)
        out, err = follower.communicate(timeout=PATIENCE_S)
        assert (follower.returncode, out) == (status, b"")
        assert err.decode().splitlines() == [
            "swiftcfg: tiny: stopping; once more ends it at once",
            "swiftcfg: tiny: stopped",
        ]


def test_a_second_ctrl_c_ends_a_server_that_takes_its_time(environment, tmp_path):
    with no_leaks():
        _, follower = followed(environment, tmp_path, ["ignore", "SIGTERM"], SERVE, grace_s=60.0)
        follower.stdout.readline()
        follower.send_signal(signal.SIGINT)
        assert b"stopping" in follower.stderr.readline()
        follower.send_signal(signal.SIGINT)
        _, err = follower.communicate(timeout=PATIENCE_S)
        assert err.decode().splitlines()[-1] == "swiftcfg: tiny: stopped, 1 process had to be killed"


@pytest.mark.parametrize("way", ["SIGKILL", "closed output"])
def test_a_follower_that_goes_takes_the_server_along(environment, tmp_path, way):
    with no_leaks():
        server, follower = followed(environment, tmp_path, ["say", "x"], WORKER, ["sleep", 0.3], ["say", "y"], SERVE)
        follower.stdout.readline()
        follower.kill() if way == "SIGKILL" else follower.stdout.close()
        server.wait_state(lambda state: state["ended"])
        assert server.state()["ended"]["by"] == ("leash" if way == "SIGKILL" else "stop")
        follower.stderr.read()
        follower.wait(PATIENCE_S)
        follower.stdout.close()
        follower.stderr.close()


def test_a_server_that_ends_unasked_is_explained_by_the_epilogue(environment, tmp_path):
    with no_leaks():
        epilogue = [sys.executable, "-c", "print('because'); raise SystemExit(5)"]
        _, follower = followed(environment, tmp_path, ["exit", 3], epilogue=epilogue)
        assert (follower.communicate(timeout=PATIENCE_S)[0], follower.returncode) == (b"because\n", 5)
        _, follower = followed(environment, tmp_path, ["exit", 3])
        assert follower.communicate(timeout=PATIENCE_S)[1] == b"swiftcfg: tiny: ended with status 3\n"
        assert follower.returncode == 5


# What it costs


def test_the_program_is_made_of_the_standard_library_and_little_of_ours():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import swiftcfg.warden.__main__, swiftcfg.warden.follower, "
        "swiftcfg.warden.heir; print(*sorted({name.split('.')[0] for name in sys.modules if '.' not in name}"
        " - sys.stdlib_module_names)); print(*(name for name in sys.modules if name.startswith('swiftcfg.')"
        " and not name.startswith(('swiftcfg.warden', 'swiftcfg.servers', 'swiftcfg.procfs'))))"
    )
    root = Path(__file__).parent.parent
    shown = subprocess.run([sys.executable, "-I", "-S", "-c", code, root], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[1] == ""
    assert set(shown.stdout.splitlines()[0].split()) <= {"swiftcfg", "__main__"}


def test_warden_guard_and_follower_together_are_small(environment, tmp_path):
    """bench/idle.py measures it; this notices when somebody imports something large."""
    with no_leaks():
        server, follower = followed(environment, tmp_path, SERVE)
        follower.stdout.readline()
        watchers = [server.pid("warden"), server.pid("guard"), follower.pid]
        assert sum(map(memory_bytes, watchers)) < 32e6
        follower.terminate()
        follower.communicate(timeout=PATIENCE_S)


def test_an_idle_warden_sleeps(launch):
    server = launch(SERVE)
    server.serving()
    watchers = [server.pid("warden"), server.pid("guard")]

    def sleeps() -> bool:
        before = [switches(pid) for pid in watchers]
        time.sleep(0.5)
        return [switches(pid) for pid in watchers] == before

    assert wait(sleeps)


def switches(pid):
    """How often it has been put to sleep, or interrupted."""
    assert process(pid)
    return re.findall(r"ctxt_switches:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())

"""Signals to a launch, at every stage of it: the server ends with it, wholly, and what happened is told."""

import os
import pty
import signal
import time

import pytest
from launching import BEGINS, SERVE, Launch, Place, next_port
from wardens import wait

HANG = ("sleep", 60)
WORKER = ("child", {"name": "worker"})
DAEMON = ("child", {"name": "daemon", "own_session": True, "orphan": True})
LOADING = ("say", "Loading weights:  50%|#####     | 1/2 [00:01<00:01,  1.0it/s]")
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
STOPPING = "swiftcfg: stopping the server; once more ends it at once\n"


@pytest.fixture
def place(launch_place: Place) -> Place:
    return launch_place


#: Stage -> what the server does, its settings, and the text at which the stage has come.
STAGES = {
    "imports": ([BEGINS, WORKER, DAEMON, HANG], {}, "Start time of running main"),
    "weights": ([BEGINS, WORKER, LOADING, HANG], {}, " weights 1/2"),
    "a request of the proof": ([BEGINS, WORKER, DAEMON, SERVE], {"slow_s": 30}, '"GET /v1/models'),
}


@pytest.mark.parametrize("detached", [False, True])
@pytest.mark.parametrize("number", STATUS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_signal_ends_launch_and_server_at_every_stage_of_the_start(place, stage, number, detached):
    steps, settings, text = STAGES[stage]
    launch = place.start(*(["--detach"] if detached else []), does=steps, settings=settings)
    wait(lambda: text in launch.err or text in log_of(launch))
    assert launch.signal(number).ended() == STATUS[number]
    assert launch.err.endswith(f"{STOPPING}swiftcfg: stopped\n")
    assert (launch.state()["ended"]["by"], launch.state()["ended"]["killed"]) == ("stop", [])


def log_of(launch: Launch) -> str:
    path = launch.home / "swiftcfg" / "servers" / "qwen2.5-vl-7b-instruct" / "log"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0), (signal.SIGHUP, -1)])
def test_a_signal_after_the_proof_ends_the_server(place, number, status):
    launch = place.start(does=[BEGINS, WORKER, DAEMON, SERVE]).proved().signal(number)
    assert launch.ended() == status
    by = wait(lambda: launch.state()["ended"])["by"]
    assert by == ("leash" if number == signal.SIGHUP else "stop")


def test_a_signal_between_the_proof_and_the_follower_is_not_lost(place):
    for delay_s in (0.0, 0.01, 0.02, 0.03):
        place.port = next_port()  # connections of the server before keep the other one for a minute
        launch = place.start().said("Ctrl-C stops it.")
        time.sleep(delay_s)
        assert launch.signal(signal.SIGINT).ended() == 130
        assert launch.state()["ended"]["by"] == "stop"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_start_leaves_nothing(place, number):
    fifo = place.home / "deploy.sh"
    os.mkfifo(fifo)
    launch = place.start(str(fifo))
    wait(lambda: b"swiftcfg" in launch.command_line)
    time.sleep(0.4)
    assert launch.signal(number).ended() in {130, -15}
    assert (launch.err.strip(), (place.home / "swiftcfg").exists()) == ("", False)


def test_the_second_ctrl_c_ends_a_server_that_takes_its_time(place):
    launch = place.start(does=[("ignore", "SIGTERM"), BEGINS, HANG]).said("Start time").signal(signal.SIGINT)
    launch.said(STOPPING).signal(signal.SIGINT)
    began = time.monotonic()
    assert launch.ended() == 130
    assert time.monotonic() - began < 3
    assert launch.state()["ended"]["killed"] != []


@pytest.mark.parametrize("how", [[], ["--detach"]])
@pytest.mark.parametrize("stage", STAGES)
def test_sigkill_of_the_launcher_ends_a_server_that_is_not_proved_yet(place, stage, how):
    steps, settings, text = STAGES[stage]
    launch = place.start(*how, does=steps, settings=settings)
    wait(lambda: text in launch.err or text in log_of(launch))
    assert launch.signal(signal.SIGKILL).ended() == -9
    assert wait(lambda: launch.state()["ended"])["by"] == "leash"


def test_sigkill_of_the_follower_ends_the_server(place):
    launch = place.start(does=[BEGINS, WORKER, DAEMON, SERVE]).proved()
    assert launch.signal(signal.SIGKILL).ended() == -9
    assert wait(lambda: launch.state()["ended"])["by"] == "leash"


def test_a_server_that_dies_after_the_proof_ends_launch_with_what_it_died_of(place):
    launch = place.start(does=[BEGINS, SERVE, ("sleep", 2), ("kill", "SIGKILL")]).proved()
    assert launch.ended() == 5
    report = dict(
        line.split(None, 1) for line in launch.out[launch.out.index("name  ") :].splitlines() if line[0] != " "
    )
    assert report["cause"] == "killed: the server was ended by SIGKILL from outside"
    assert report["state"].startswith("ended by SIGKILL; started ")


def test_when_the_warden_is_killed_during_the_start_the_server_is_ended_and_that_is_told(place):
    launch = place.start(does=[BEGINS, WORKER, DAEMON, HANG]).said("Start time")
    os.kill(launch.state()["warden"]["pid"], signal.SIGKILL)
    assert launch.ended() == 5
    assert launch.cause == "(stopped): the server was stopped because its warden was gone"


@pytest.mark.parametrize(("who", "status", "state"), [
    ("swiftcfg stop", 0, "stopped; started "),
    ("SIGKILL of the warden", 5, "stopped when its warden was killed; started "),
])  # fmt: skip
def test_an_end_that_others_made_is_told_by_launch(place, who, status, state):
    launch = place.start(does=[BEGINS, WORKER, SERVE]).proved()
    if who == "swiftcfg stop":
        assert place.swiftcfg("stop", "qwen2.5-vl-7b-instruct").returncode == 0
    else:
        os.kill(launch.state()["warden"]["pid"], signal.SIGKILL)
    assert launch.ended() == status
    assert f"\nstate       {state}" in launch.out


# How launch is run


def test_under_nohup_a_hangup_ends_nothing(place):
    launch = place.start(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)).said("Start time")
    launch.signal(signal.SIGHUP).proved().signal(signal.SIGHUP)
    time.sleep(0.3)
    assert launch.process.poll() is None
    assert launch.signal(signal.SIGTERM).ended() == 0


def test_in_the_background_of_a_script_ctrl_c_ends_nothing(place):
    launch = place.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)).said("Start time")
    launch.signal(signal.SIGINT).proved().signal(signal.SIGINT)
    time.sleep(0.3)
    assert launch.process.poll() is None
    assert launch.signal(signal.SIGTERM).ended() == 0


def test_ctrl_c_on_a_terminal_reaches_launch_alone_and_ends_the_server_once(place):
    main, terminal = pty.openpty()
    launch = place.start(
        does=[BEGINS, WORKER, SERVE], stdin=terminal, stdout=terminal, stderr=terminal,
        preexec_fn=lambda: (os.setsid(), os.close(os.open(os.ttyname(0), os.O_RDWR))),
    )  # fmt: skip
    os.close(terminal)
    shown = read_until(main, b"Ctrl-C stops it.")
    wait(lambda: b"follower" in launch.command_line)
    os.write(main, b"\x03")
    assert launch.ended() == 130
    shown += read_until(main, b": stopped\r\n")
    os.close(main)
    assert b"stopping; once more ends it at once" in shown
    assert launch.state()["ended"]["by"] == "stop"


def test_a_terminal_that_goes_away_takes_the_server_along(place):
    main, terminal = pty.openpty()
    launch = place.start(
        does=[BEGINS, WORKER, DAEMON, SERVE, ("sleep", 1), ("say", "more")], stdin=terminal, stdout=terminal,
        stderr=terminal, preexec_fn=lambda: (os.setsid(), os.close(os.open(os.ttyname(0), os.O_RDWR))),
    )  # fmt: skip
    os.close(terminal)
    read_until(main, b"Start time")
    os.close(main)
    launch.ended()
    assert wait(lambda: launch.state()["ended"])["by"] in {"stop", "leash"}


def read_until(descriptor: int, text: bytes) -> bytes:
    shown = b""
    while text not in shown:
        shown += os.read(descriptor, 4096)
    return shown

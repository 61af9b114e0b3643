"""Servers that write and do what is meant to mislead: whom they are taken for, where keys go, what is left of them."""

import json
import signal
from pathlib import Path

import pytest
from launching import BEGINS, SERVE, Place, family
from loopback import answering
from wardens import wait

KEY = "sk-6b1d-only-for-this-server"
NAME = "qwen2.5-vl-7b-instruct"


@pytest.fixture
def place(launch_place: Place) -> Place:
    return launch_place


def claims(address: str) -> tuple[str, str]:
    """A line that says, in uvicorn's words, that the server is there."""
    return "say", f"INFO:     Uvicorn running on http://{address} (Press CTRL+C to quit)"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_line_that_names_another_machine_or_port_leads_nobody_there(place, when):
    """The key goes to the sockets of the server and nowhere else, whatever its output says."""
    asked = []
    with answering(lambda connection: asked.append(connection.recv(1000)), "127.0.0.2") as port:
        lines = [claims(f"127.0.0.2:{port}"), claims(f"127.0.0.2:{place.port}"), claims("a.invalid:80")]
        steps = [BEGINS, *lines, SERVE] if when == "before" else [BEGINS, SERVE, *lines]
        launch = place.start("--api-key-env", "HOUSE_KEY", "--detach", does=steps, variables={"HOUSE_KEY": KEY})
        assert launch.ended() == 0, launch.err
    state = launch.state()
    assert (asked, state["record"]["url"]) == ([], f"http://127.0.0.1:{place.port}")
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_an_address_in_the_state_leads_status_nowhere_else(place):
    assert place.run("--detach", "--no-proof").process.returncode == 0
    path = place.home / "swiftcfg" / "servers" / NAME / "state.json"
    path.write_text(path.read_text().replace(f"http://127.0.0.1:{place.port}", f"http://127.0.0.2:{place.port}"))
    found = json.loads(place.swiftcfg("status", NAME, "--format", "json").stdout)
    assert found["chat"]["answers"]
    assert place.swiftcfg("stop", NAME).returncode == 0


@pytest.mark.parametrize("key", ["x", "1", "INFO", "model", "usage"])
def test_a_key_that_is_a_common_word_hinders_no_proof(place, key):
    launch = place.start("--api-key-env", "HOUSE_KEY", "--detach", variables={"HOUSE_KEY": key})
    assert launch.ended() == 0, launch.err
    assert place.swiftcfg("stop", NAME).returncode == 0


FLED = {"own_session": True, "orphan": True, "steps": [("forget", None)]}


@pytest.mark.parametrize("way", ["stop", "leash"])
def test_who_has_fled_into_a_session_without_environment_or_files_is_ended_too(place, way):
    """All orphans of a server come to its warden, whatever they have thrown away."""
    launch = place.start("--grace", "0.5s", does=[BEGINS, ("child", FLED), SERVE]).proved()
    assert any(each.name == "fled" for each in family())
    launch.signal(signal.SIGTERM if way == "stop" else signal.SIGKILL).ended()
    wait(lambda: not any(each.name == "fled" for each in family()))


def test_two_hundred_children_that_do_not_listen_are_ended(place):
    many = {"own_session": True, "copies": 200, "steps": [("ignore", "SIGTERM"), ("sleep", 600)]}
    launch = place.start("--grace", "0.5s", does=[BEGINS, ("child", many), SERVE]).proved()
    assert launch.signal(signal.SIGTERM).ended() == 0
    assert len(launch.state()["ended"]["killed"]) == 200


def test_numbers_without_end_and_lines_without_end_break_nothing(place):
    nines = "9" * 5000
    told = [f"Loading checkpoint shards: {nines}/{nines} [", f"Available KV cache memory: {nines} GiB",
            "does not appear to have a file named " + "/" * 60_000]  # fmt: skip
    launch = place.start("--detach", does=[BEGINS, *(("say", line) for line in told), SERVE])
    assert launch.ended() == 0, launch.err
    assert place.swiftcfg("stop", NAME).returncode == 0


@pytest.mark.parametrize("name", ["log", "log.1", "state.json", "stop.json", "lock"])
def test_a_link_in_the_folder_of_a_server_leads_nowhere(place, name):
    folder, other = place.home / "swiftcfg" / "servers" / NAME, place.home / "precious"
    folder.mkdir(parents=True)
    other.write_text("mine")
    other.chmod(0o644)
    (folder / name).symlink_to(other)
    launch = place.start("--detach", "--no-proof")
    assert launch.ended() in {0, 2, 3}, launch.err
    assert "Traceback" not in launch.err
    place.swiftcfg("stop", NAME)
    assert (Path(other).read_text(), other.stat().st_mode & 0o777) == ("mine", 0o644)

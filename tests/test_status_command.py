"""swiftcfg status: found out by asking, whatever /health says; of a server that is over, what it died of."""

import json
import os
import signal
from typing import Any

import pytest
from launching import BEGINS, SERVE, Place
from test_schemas import validator
from wardens import wait, wait_gone

NAME = "qwen2.5-vl-7b-instruct"


@pytest.fixture
def place(launch_place: Place) -> Place:
    return launch_place


def served(place: Place, *words: str, **options: Any) -> None:
    assert place.run("--detach", "--no-proof", *words, **options).process.returncode == 0


def status(place: Place, *words: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and the JSON as its schema has it."""
    done = place.swiftcfg("status", NAME, "--format", "json", *words)
    data: dict[str, Any] = json.loads(done.stdout)
    validator("status.schema.json").validate(data)
    assert (done.stderr, data["well"]) == ("", done.returncode == 0)
    return done.returncode, data


def rows(place: Place) -> dict[str, str]:
    """The lines of the text, by their first word; those that are indented belong to the one above."""
    text = place.swiftcfg("status", NAME).stdout.replace("\n            ", " ")
    return dict(line.split(None, 1) for line in text.splitlines())


def test_a_server_that_answers_is_well(place):
    served(place)
    code, data = status(place)
    assert (code, data["chat"]["status"], data["chat"]["prompt_tokens"], data["proved"]) == (0, 200, 21, None)
    told = rows(place)
    assert list(told) == [
        "name", "state", "address", "chat", "model", "versions", "settings", "processes", "log",
    ]  # fmt: skip
    assert (told["address"], told["settings"]) == (f"http://127.0.0.1:{place.port}", "MAX_PIXELS=200704")
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_a_server_that_listens_on_every_address_is_asked_on_one_of_this_machine(place):
    script = place.script()
    script.write_text(script.read_text().replace("127.0.0.1", "0.0.0.0"))  # noqa: S104
    assert place.run(str(script), "--detach").process.returncode == 0
    code, data = status(place)
    assert (code, data["server"]["url"], data["proved"]) == (0, f"http://127.0.0.1:{place.port}", True)
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_a_server_that_is_healthy_and_refuses_requests_is_not_well(place):
    served(place, settings={"broken": "EngineCore encountered an issue."})
    code, data = status(place)
    assert (code, data["server"]["state"]) == (5, "serving")
    assert data["chat"]["fault"] == "HTTP 400: EngineCore encountered an issue."
    told = rows(place)
    assert told["chat"] == "does not answer: HTTP 400: EngineCore encountered an issue."
    assert told["meaning"] == (
        "a process of the engine has died, although /health may still say 200: start the server anew"
    )
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_a_server_that_takes_too_long_is_not_well(place):
    served(place, settings={"slow_s": 30})
    code, data = status(place, "--timeout", "1s")
    assert (code, data["chat"]["answers"], data["chat"]["status"]) == (5, False, None)
    assert data["chat"]["fault"] == f"http://127.0.0.1:{place.port} gave no answer within 1 s"
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_a_server_that_starts_is_not_asked(place):
    launch = place.start(does=[BEGINS, ("sleep", 60)]).said("Start time")
    code, data = status(place)
    assert (code, data["server"]["state"], data["chat"]["fault"]) == (5, "starting", "it does not serve yet")
    assert launch.signal(signal.SIGINT).ended() == 130


def test_a_port_that_the_server_has_let_go_of_is_not_asked_whoever_has_it_now(place):
    """Its first process is gone, and one that outlives it holds the state open."""
    deaf = ("child", {"steps": [["ignore", "SIGTERM"]]})
    served(place, "--grace", "5s", does=[BEGINS, deaf, SERVE])
    state = place.made[0].state()
    os.kill(state["server"]["pid"], signal.SIGKILL)
    wait_gone(state["server"]["pid"])
    code, data = status(place)
    assert (code, data["chat"]["fault"]) == (5, f"none of its processes listens on port {place.port}")
    assert place.swiftcfg("stop", NAME, "--grace", "0s").returncode == 0


def test_a_server_that_was_stopped_is_as_it_should_be(place):
    served(place)
    assert place.swiftcfg("stop", NAME).returncode == 0
    code, data = status(place)
    assert (code, data["server"]["state"], data["cause"]) == (0, "ended", None)
    assert rows(place)["state"].startswith("stopped; started ")


def test_of_a_server_that_died_the_cause_is_found_in_its_log(place):
    oom = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.65 GiB of which 1.06 GiB is"
    served(place, does=[BEGINS, SERVE, ("sleep", 1.5), ("say", f"torch.OutOfMemoryError: {oom} free."), ("exit", 1)])
    wait(lambda: place.made[0].state()["ended"])
    code, data = status(place)
    assert (code, data["cause"]["kind"], data["server"]["end"]["status"]) == (5, "cuda oom", 1)
    told = rows(place)
    assert told["cause"] == "cuda oom: the card had 1.06 GiB of 23.65 GiB free and 2.00 GiB more were wanted"
    assert told["change"]
    assert told["state"].startswith("ended with status 1; started ")


def test_a_server_whose_watchers_were_killed_is_told_to_be_unattended(place):
    served(place)
    state = place.made[0].state()
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for who in ("guard", "warden"):
            os.kill(state[who]["pid"], number)
    wait_gone(state["guard"]["pid"], state["warden"]["pid"])
    _, data = status(place)  # nobody reads what it prints any more, so it depends on the server whether it answers
    assert (data["server"]["state"], len(data["server"]["processes"])) == ("unattended", 1)
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_a_name_that_no_server_has_is_told(place):
    done = place.swiftcfg("status", "nobody")
    assert (done.returncode, done.stderr) == (
        2, "error: there is no server called nobody\nhint: swiftcfg ps --all lists the servers\n",
    )  # fmt: skip

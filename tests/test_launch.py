"""swiftcfg launch, as a whole program: every way in which a start fails is told as what it is, and nothing is left."""

import http.server
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from launching import BEGINS, SERVE, Place, make_environment, make_model, placed
from wardens import wait

from swiftcfg.serverlog import clean

HANG = ("sleep", 60)
OOM = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.65 GiB "
    "of which 1.06 GiB is free."
)
NO_ROOM = "the card had 1.06 GiB of 23.65 GiB free and 2.00 GiB more were wanted"


@pytest.fixture
def place(launch_place: Place) -> Place:
    return launch_place


@contextmanager
def listener(port: int) -> Iterator[list[str]]:
    """Another server on a port, which takes everything well; gives what it is asked."""
    asked: list[str] = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield asked
        server.shutdown()


# It dies in its start

DATA = Path(__file__).parent / "data"
#: Outputs of real servers that failed, with what is to be told of each.
RECORDED = {
    each["output"]: each
    for each in yaml.safe_load((DATA / "server_failures.yaml").read_text(encoding="utf-8"))["outputs"]
}
PLAYED = (
    "transformers-remaining", "transformers-choice", "transformers-type", "transformers-template", "transformers-shard",
    "transformers-trunc", "transformers-truncheader", "transformers-noweights", "transformers-sglang",
    "transformers-as", "transformers-cuda",
)  # fmt: skip


@pytest.mark.parametrize("output", PLAYED)
def test_a_start_that_fails_as_a_real_one_did_is_told_in_one_line_with_the_end_of_the_output(place, output):
    record = RECORDED[output]
    path = DATA / "server_outputs" / f"{output}.log"
    launch = place.run(does=[("file", str(path)), ("exit", record["status"])])
    assert launch.process.returncode == 5
    assert launch.cause == f"({record['kind']}): {record['sentence']}"
    assert launch.change.startswith(": ")
    assert launch.state()["ended"]["by"] == "itself"
    assert launch.out == path.read_text(encoding="utf-8")
    assert clean(path.read_bytes().splitlines()[-1])[:60] in launch.err


ENDINGS = {
    "SIGKILL": (("kill", "SIGKILL"), "(killed): the server was ended by SIGKILL from outside"),
    "247, of a wrapper whose child was killed": (
        ("exit", 247), "(killed): the server was ended by SIGKILL from outside",
    ),
    "SIGSEGV": (("kill", "SIGSEGV"), "(crash): a process crashed (SIGSEGV)"),
    "SIGTERM of somebody else": (("kill", "SIGTERM"), "(stopped): the server was ended by SIGTERM from outside"),
    "nothing": (("exit", 0), "(stopped): the server ended by itself, without an error"),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_start_that_ends_without_a_word_is_told_by_how_it_ended(place, ending):
    last, cause = ENDINGS[ending]
    launch = place.run(does=[BEGINS, last])
    assert (launch.process.returncode, launch.cause) == (5, cause)
    assert "Last lines of the server:\n  [INFO:swift] Start time of running main" in launch.err


def test_an_early_end_is_noticed_within_a_second(place):
    launch = place.start(does=[BEGINS, ("exit", 1)]).said("Start time")
    began = time.monotonic()
    assert launch.ended() == 5
    assert time.monotonic() - began < 1


def test_a_server_that_hangs_before_it_serves_is_stopped_after_the_wait(place):
    launch = place.run(
        "--wait-timeout",
        "1s",
        does=[BEGINS, ("say", "Loading weights:  50%|#####     | 1/2 [00:01<00:01,  1.0it/s]"), HANG],
    )
    assert launch.process.returncode == 5
    assert launch.cause == (
        "(hung): the server did not answer within 1.0 s, and was stopped; its log had come to: weights"
    )
    assert launch.state()["ended"]["by"] == "stop"


# The port

TAKEN_LATER = [BEGINS, ("say", "begun"), ("sleep", 0.5), SERVE]


def test_a_port_that_is_taken_stops_the_start_with_who_has_it(place):
    with listener(place.port):
        launch = place.run()
    assert launch.process.returncode == 1
    holder = f"{Path('/proc/self/comm').read_text().strip()} (pid {os.getpid()})"
    moves = "ms-swift would silently take the next free one"
    assert launch.problems == [f"port: port {place.port} is taken: {holder} listens on it; {moves}"]
    assert not (place.home / "swiftcfg").exists()


def test_a_port_that_is_stolen_before_the_server_binds_it_is_told_and_the_next_one_not_taken(place):
    launch = place.start(does=TAKEN_LATER).said("begun")
    with listener(place.port) as asked:
        launch.ended()
    assert (launch.process.returncode, asked) == (5, [])
    assert launch.cause == (
        f"(port): the server listens on port {place.port + 1}: {place.port} was taken after it was checked, and "
        f"ms-swift moves on silently"
    )


def test_a_port_that_is_stolen_in_the_last_moment_is_told_by_the_bind(place):
    launch = place.start(does=TAKEN_LATER, settings={"strict_port": True}).said("begun")
    with listener(place.port):
        launch.ended()
    assert (launch.process.returncode, launch.state()["ended"]["status"]) == (5, 3)
    assert launch.cause == f"(port): something else listens on 127.0.0.1 port {place.port}"


def test_another_server_that_answers_on_the_port_is_not_taken_for_ours(place):
    claims = ("say", f"INFO:     Uvicorn running on http://127.0.0.1:{place.port} (Press CTRL+C to quit)")
    launch = place.start("--wait-timeout", "2s", does=[BEGINS, ("sleep", 0.5), claims, HANG]).said("Start time")
    with listener(place.port) as asked:
        launch.ended()
    assert (launch.process.returncode, asked) == (5, [])
    assert launch.cause == (
        "(hung): the server did not answer within 2.0 s, and was stopped; its log had come to: serving"
    )


def test_port_auto_takes_a_free_one_and_the_state_has_it(place):
    with listener(place.port):
        launch = place.start("--port", "auto").proved()
        assert launch.state()["record"]["port"] != place.port
        assert launch.signal(signal.SIGINT).ended() == 130


def test_a_port_that_a_starting_server_will_take_is_given_to_no_other(place):
    first = place.start("--name", "first", does=[BEGINS, ("sleep", 60)]).said("Start time")
    second = place.run("--name", "second")
    assert second.process.returncode == 1
    assert second.problems == [f"port: port {place.port} is free, and first, a server that is starting, will take it"]
    assert first.signal(signal.SIGINT).ended() == 130


def test_two_servers_that_start_at_once_take_two_free_ports(place):
    first = place.start("--name", "first", "--port", "auto", does=[BEGINS, ("sleep", 60)]).said("Start time")
    other = place.run("--name", "second", "--port", "auto", "--dry-run", "--format", "json")
    argv = json.loads(other.out)["start"]["argv"]
    assert int(argv[argv.index("--port") + 1]) != first.state("first")["record"]["port"]
    assert first.signal(signal.SIGINT).ended() == 130


def test_connections_of_the_server_before_are_waited_for(place):
    held = waiting_connection(place.port)
    launch = place.start(does=[BEGINS, SERVE])
    launch.said(f"port {place.port} is not free yet")
    assert "(TIME_WAIT), for 65 s at most" in launch.err
    assert "waiting up to 66 s" in launch.err
    assert launch.signal(signal.SIGINT).ended() == 130
    held.close()
    assert not (place.home / "swiftcfg").exists()


def waiting_connection(port: int) -> socket.socket:
    """A connection that the server's side has closed first, so that it keeps the port for a minute."""
    with socket.create_server(("127.0.0.1", port)) as server:
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        assert client.recv(1) == b""
        client.close()
    return client


# The proof


def test_a_server_that_counts_otherwise_is_told_with_both_numbers_and_stopped(place):
    launch = place.run(settings={"ignore_cap": True})
    assert launch.process.returncode == 5
    assert launch.cause == (
        "(proof): what runs is not what was planned, and was stopped: picture above the cap: added 314 tokens to the "
        "prompt, and 255 are planned: the server does not shrink the picture, so it works with MAX_PIXELS=244,608 or "
        "more"
    )
    assert launch.state()["ended"]["by"] == "stop"


def printed(tokens: int) -> tuple[str, str]:
    """The line of ms-swift 4.6.0 on a setting that it took."""
    name = "image_max_token_num"
    how = f"You can adjust this hyperparameter through the environment variable: `{name.upper()}`."
    return "say", f"[INFO:swift] Setting {name}: {tokens}. {how}"


def test_a_setting_that_the_server_prints_otherwise_than_planned_fails_the_proof(place):
    launch = place.run(does=[BEGINS, printed(16384), SERVE])
    assert launch.process.returncode == 5
    assert launch.cause == (
        "(proof): what runs is not what was planned, and was stopped: MAX_PIXELS=200704: image_max_token_num 16384, "
        "NOT as planned"
    )


def test_a_setting_that_the_server_prints_as_planned_is_told(place):
    launch = place.start(does=[BEGINS, printed(256), SERVE]).proved()
    assert "  MAX_PIXELS=200704: image_max_token_num 256, as planned\n" in launch.err
    assert launch.signal(signal.SIGTERM).ended() == 0


def test_a_server_that_refuses_every_request_though_it_is_healthy_fails_the_proof(place):
    launch = place.run(settings={"broken": "EngineCore encountered an issue."})
    assert launch.process.returncode == 5
    assert launch.cause == (
        "(proof): what runs is not what was planned, and was stopped: text: a process of the engine has died, although "
        "/health may still say 200: start the server anew (the server says HTTP 400: EngineCore encountered an issue.)"
    )


def test_memory_that_ran_out_behind_a_refused_request_is_the_cause(place):
    launch = place.run(does=[BEGINS, SERVE, ("say", OOM)], settings={"broken": "EngineCore encountered an issue."})
    assert (launch.process.returncode, launch.cause) == (5, f"(cuda oom): {NO_ROOM}")


def test_a_server_that_dies_during_the_proof_is_told_by_what_it_died_of(place):
    steps = [BEGINS, SERVE, ("sleep", 1), ("say", OOM), ("exit", 1)]
    launch = place.run(does=steps, settings={"slow_s": 30})
    assert (launch.process.returncode, launch.cause) == (5, f"(cuda oom): {NO_ROOM}")


def test_a_server_whose_child_outlives_it_is_told_by_its_own_end(place):
    deaf = ("child", {"steps": [["ignore", "SIGTERM"]]})
    steps = [BEGINS, deaf, SERVE, ("sleep", 1), ("kill", "SIGKILL")]
    launch = place.run("--grace", "3s", does=steps, settings={"slow_s": 30})
    assert launch.process.returncode == 5
    assert launch.cause == "(killed): the server was ended by SIGKILL from outside"
    assert len(launch.state()["ended"]["killed"]) == 1


def test_a_request_that_hangs_ends_the_proof_and_the_server(place):
    launch = place.run("--wait-timeout", "1s", settings={"slow_s": 30})
    assert launch.process.returncode == 5
    assert launch.cause == (
        f"(hung): the server answered too little to be proved, and was stopped: http://127.0.0.1:{place.port} gave no "
        "answer within 1 s"
    )


def test_releases_that_have_no_health_are_asked_for_their_models(tmp_path, small_model):
    (tmp_path / "old").mkdir()
    old = make_environment(tmp_path / "old", ms_swift="3.9.3", qwen_vl_utils="0.0.11")
    with placed(old, small_model, tmp_path) as place:
        launch = place.start(str(place.script(backend="pt")), "--no-proof", settings={"no_health": True})
        launch.proved().signal(signal.SIGINT)
        assert launch.ended() == 130
        assert "/v1/models" in launch.out
        assert "/v1/chat" not in launch.out


# The model folder


def without_a_shard(folder: Path) -> str:
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    (folder / "model.safetensors").rename(folder / names[0])
    placed = dict.fromkeys(tensors_in(folder / names[0]), names[0]) | {"lm_head.weight": names[1]}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": placed}))
    return f"{folder}/model.safetensors.index.json names '{names[1]}', which is not in the folder"


def tensors_in(weights: Path) -> list[str]:
    data = weights.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return [name for name in header if name != "__metadata__"]


def cut_in_its_weights(folder: Path) -> str:
    weights = folder / "model.safetensors"
    size, header = weights.stat().st_size, int.from_bytes(weights.read_bytes()[:8], "little")
    os.truncate(weights, 20_000)
    described, there = size - 8 - header, 20_000 - 8 - header
    return f"{weights} is incomplete: its header describes {described} bytes of weights, {there} are there"


def cut_in_its_header(folder: Path) -> str:
    weights = folder / "model.safetensors"
    header = int.from_bytes(weights.read_bytes()[:8], "little")
    os.truncate(weights, 100)
    return f"{weights} ends inside its header (100 bytes, header {header})"


@pytest.mark.parametrize("damage", [without_a_shard, cut_in_its_weights, cut_in_its_header])
def test_weights_that_are_not_whole_stop_the_start(place, tmp_path, damage):
    folder = make_model(tmp_path / "broken")
    told = damage(folder)
    launch = place.run(str(place.script(model=folder)))
    assert (launch.process.returncode, launch.problems) == (1, [f"model: {told}"])


def test_all_that_is_in_the_way_is_told_at_once(place):
    with listener(place.port):
        launch = place.run(str(place.script("--model_type", "qwen9_vl", "--tempplate", "x")))
    assert launch.process.returncode == 1
    assert [problem.partition(":")[0] for problem in launch.problems] == ["settings FLG019", "settings FLG001", "port"]


# One name, one server


def test_a_second_launch_of_a_name_that_serves_is_refused(place):
    first = place.start("--name", "x").proved()
    second = place.run("--name", "x")
    assert (second.process.returncode, second.err) == (
        2,
        "error: a server called x is serving\nhint: choose another --name, or stop it: swiftcfg stop x\n",
    )
    assert first.signal(signal.SIGTERM).ended() == 0


def test_of_two_launches_of_one_name_at_the_same_moment_exactly_one_wins(place):
    both = [place.start("--name", "x", "--port", "auto") for _ in range(2)]
    wait(lambda: any(each.process.poll() is not None for each in both))
    (loser,) = (each for each in both if each.process.poll() is not None)
    (winner,) = (each for each in both if each is not loser)
    assert loser.process.returncode == 2
    assert loser.err.splitlines()[-2] in {
        "error: another launch holds the name x", "error: a server called x is starting",
        "error: a server called x is serving",
    }  # fmt: skip
    assert winner.proved().signal(signal.SIGTERM).ended() == 0


# Where the state is kept


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "-x", "", "x" * 65, "a\nb"])
def test_a_name_that_could_lead_elsewhere_is_refused(place, name):
    launch = place.run(f"--name={name}")
    assert launch.process.returncode == 2
    assert launch.err.startswith(f"error: {name!r} is no name for a server\n")
    assert not (place.home / "swiftcfg").exists()


def test_a_state_folder_that_cannot_be_made_is_told_with_its_path(place):
    (place.home / "file").touch()
    launch = place.run(variables={"XDG_STATE_HOME": str(place.home / "file")})
    assert launch.process.returncode == 3
    assert launch.err.splitlines()[-2] == (
        f"error: the server was not started: {place.home / 'file' / 'swiftcfg'}: Not a directory"
    )


def test_a_relative_state_home_counts_as_none_and_without_home_the_users_own_is_found(place):
    launch = place.run("--dry-run", variables={"XDG_STATE_HOME": "relative", "HOME": str(place.home)})
    assert launch.process.returncode == 0
    assert not (place.home / "relative").exists()
    assert place.run("--dry-run", variables={"HOME": None}).process.returncode == 0


def test_a_model_that_is_named_relative_to_the_folder_is_served_from_there(place, small_model):
    (place.home / "models").symlink_to(small_model.parent)
    launch = place.start(str(place.script(model=f"models/{small_model.name}"))).proved()
    assert launch.signal(signal.SIGTERM).ended() == 0


def test_a_folder_that_was_removed_is_told(place):
    script = place.script()
    gone = place.home / "gone"
    gone.mkdir()
    launch = place.run(str(script), cwd=gone, preexec_fn=gone.rmdir)
    assert (launch.process.returncode, launch.err) == (
        3,
        "error: the folder that this was called in has been removed\nhint: call it from one that is there\n",
    )

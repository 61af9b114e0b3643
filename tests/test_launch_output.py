"""What a launch prints and keeps: the server's output as it is, its own lines plain, keys nowhere, JSON alone."""

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from launching import BEGINS, SERVE, Launch, Place, family
from test_schemas import validator
from wardens import wait

HANG = ("sleep", 60)
KEY = "the-key-of-the-house"
NAME = "qwen2.5-vl-7b-instruct"


@pytest.fixture
def place(launch_place: Place) -> Place:
    return launch_place


def data_of(launch: Launch) -> dict[str, object]:
    """What it printed as JSON, which is all that it printed, and as its schema has it."""
    data: dict[str, object] = json.loads(launch.out)
    validator("launch.schema.json").validate(data)
    return data


# The server's output and our own lines


def test_attached_the_output_is_passed_on_as_it_is_and_our_own_lines_hold_nothing_that_a_terminal_obeys(place):
    raw = "\xff\xfe\x00\x1b]0;title\x07\x1b[31mred\x1b[0m\r\x1b[2Kover\n"
    refused = "Value\x1b[1mError: remaining_argv: ['--f\x1b]0;x\x07oo']\n"
    launch = place.run(does=[BEGINS, ("raw", raw), ("raw", refused), ("exit", 1)])
    assert launch.process.returncode == 5
    assert launch.out_file.read_bytes().endswith((raw + refused).encode("latin-1"))
    assert launch.cause == "(flags): this release of ms-swift does not know ['--foo']"
    assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f]", launch.err)


def test_a_line_without_end_hides_no_cause_and_takes_no_room(place):
    steps = [BEGINS, ("long", 5_000_000), ("raw", "\n"), ("say", "ValueError: remaining_argv: ['--foo']"), ("exit", 1)]
    launch = place.run(does=steps)
    assert launch.cause == "(flags): this release of ms-swift does not know ['--foo']"
    assert launch.out_file.stat().st_size > 5_000_000 or "bytes of output came too fast" in launch.err
    assert len(launch.err) < 2000


def test_a_flood_after_the_cause_does_not_hide_it(place):
    steps = [BEGINS, ("say", "ValueError: remaining_argv: ['--foo']"), ("flood", [2e6, 0.5]), ("exit", 1)]
    launch = place.run(does=steps)
    assert launch.cause == "(flags): this release of ms-swift does not know ['--foo']"


def test_a_server_that_only_repeats_itself_is_waited_for_no_longer(place):
    launch = place.run("--wait-timeout", "1s", "--detach", does=[BEGINS, ("flood", [20e6, 30])])
    assert launch.process.returncode == 5
    assert launch.cause.startswith("(hung): the server did not answer within 1.0 s, and was stopped; ")
    assert (launch.out, launch.state()["ended"]["by"]) == ("", "stop")


def test_on_a_terminal_the_stages_of_a_detached_server_share_one_line(place):
    main, terminal = pty.openpty()
    loading = ("say", "Loading weights:  50%|#####     | 1/2 [00:01<00:01,  1.0it/s]")
    launch = place.start("--detach", "--no-proof", does=[BEGINS, loading, SERVE], stderr=terminal)
    os.close(terminal)
    assert launch.ended() == 0
    shown = os.read(main, 65536).decode()
    os.close(main)
    stages = re.sub(r"[\d.]+ s", "0 s", shown[shown.index("\r\x1b[K") :])
    assert [part.strip() for part in stages.split("\r\x1b[K")] == ["", "0 s  weights 1/2", "0 s  serving"]
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_where_both_streams_lead_to_one_place_no_line_of_ours_begins_in_the_middle_of_another(place):
    bar = ("raw", "Loading weights:  50%|#####     | 1/2 [00:01<00:01,  1.0it/s]\r")
    launch = place.run(does=[BEGINS, bar, ("sleep", 0.5), ("raw", "half"), ("exit", 1)], stderr=subprocess.STDOUT)
    shown = launch.out_file.read_bytes()
    assert re.search(rb"it/s\]\r\n +[\d.]+ s  weights 1/2\nhalf\nLast lines of the server:\n", shown), shown


# Who reads goes away, or cannot take it


@pytest.mark.parametrize("how", ["in its start", "when it serves"])
def test_a_reader_that_has_seen_enough_ends_the_server(place, how):
    reads, writes = os.pipe()
    steps = {
        "in its start": [BEGINS, ("sleep", 0.5), ("say", "more"), HANG],
        "when it serves": [BEGINS, SERVE, ("sleep", 2), ("say", "more"), HANG],
    }
    launch = place.start(does=steps[how], stdout=writes)
    os.close(writes)
    if how == "when it serves":
        launch.said("Ctrl-C stops it.")
    os.read(reads, 4096)
    os.close(reads)
    assert launch.ended() == {"in its start": 141, "when it serves": 0}[how]
    assert launch.state()["ended"]["by"] == "stop"


@pytest.mark.parametrize("how", ["in its start", "when it serves"])
def test_a_reader_that_does_not_read_keeps_no_signal_from_its_work(place, how):
    reads, writes = os.pipe()
    flood = ("flood", [2e6, 30])
    steps = {"in its start": [BEGINS, flood], "when it serves": [BEGINS, SERVE, ("sleep", 2), flood]}
    launch = place.start(does=steps[how], stdout=writes)
    os.close(writes)
    launch.said({"in its start": "Preflight", "when it serves": "Ctrl-C stops it."}[how])
    time.sleep({"in its start": 1, "when it serves": 2.5}[how])
    assert launch.signal(signal.SIGTERM).ended() == {"in its start": 143, "when it serves": 0}[how]
    os.close(reads)


def test_a_full_disk_behind_the_output_ends_nothing(place):
    with Path("/dev/full").open("wb") as full:
        launch = place.start(does=[BEGINS, SERVE, ("sleep", 1.5), ("say", "more")], stdout=full).proved()
    launch.said("swiftcfg: the server's output cannot be shown: No space left on device; its log has it\n")
    launch.until(lambda: b"more" in log_of(place))
    assert launch.process.poll() is None
    assert launch.signal(signal.SIGTERM).ended() == 0


def test_a_detached_server_is_not_left_behind_where_nobody_can_be_told_of_it(place):
    with Path("/dev/full").open("wb") as full:
        launch = place.run("--detach", stdout=full)
    assert launch.process.returncode == 3
    assert launch.err.splitlines()[-2] == "error: cannot write to standard output: No space left on device"
    assert launch.state()["ended"]["by"] == "stop"


@pytest.mark.parametrize("closed", [(1,), (0, 1, 2)])
def test_closed_streams_are_nobodys_else(place, closed):
    launch = place.start(preexec_fn=lambda: [os.close(number) for number in closed])
    wait(lambda: b"follower" in launch.command_line)
    assert (launch.out, launch.err if 2 in closed else "") == ("", "")
    assert launch.signal(signal.SIGINT).ended() == 130
    assert b"Uvicorn running on" in log_of(place)


def log_of(place: Place) -> bytes:
    return (place.home / "swiftcfg" / "servers" / NAME / "log").read_bytes()


# Disks that are full


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def test_a_log_that_may_not_grow_is_cut_short_and_the_server_serves(place):
    launch = place.start("--detach", does=[BEGINS, ("flood", [2e6, 0.5]), SERVE], preexec_fn=limited)
    assert launch.ended() == 0
    assert "a file may grow to 200000 bytes" in launch.err
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_a_full_disk_under_the_log_is_told_and_the_server_serves(place, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", disk], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        launch = place.start(does=[BEGINS, ("flood", [2e6, 0.5]), SERVE], variables={"XDG_STATE_HOME": str(disk)})
        launch.proved()
        assert "swiftcfg: 0 lines" not in launch.err
        assert re.search(r"swiftcfg: \d+ lines of output could not be written to the log: No space left", launch.err)
        assert launch.signal(signal.SIGTERM).ended() == 0
    finally:
        subprocess.run(["umount", disk], check=True)


# Keys


@pytest.mark.parametrize("origin", ["variable", "script"])
def test_a_key_is_in_no_list_of_processes_no_file_and_no_output(place, origin):
    steps = [BEGINS, ("show", "argv"), ("show", "environment"), ("secret", None), SERVE]
    script = place.script(*(["--api_key", KEY] if origin == "script" else []))
    how = ["--api-key-env", "HOUSE_KEY"] if origin == "variable" else []
    launch = place.start(str(script), *how, does=steps, variables={"HOUSE_KEY": KEY} if how else {})
    wait(lambda: "Ctrl-C stops it." in launch.err and b"follower" in launch.command_line)
    shown = [Path(f"/proc/{each.pid}/cmdline").read_bytes() for each in family()]
    if origin == "script":
        script.unlink()
    carriers = [each for each in family() if KEY.encode() in Path(f"/proc/{each.pid}/environ").read_bytes()]
    kept = [path.read_bytes() for path in place.home.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in shown + kept)
    assert [each.pid for each in carriers] == ([launch.process.pid] if origin == "variable" else [])
    assert "api_key='***'" in launch.out
    assert launch.signal(signal.SIGTERM).ended() == 0
    assert KEY not in launch.out + launch.err


def test_a_key_that_is_asked_for_and_not_there_stops_the_start(place):
    launch = place.run("--api-key-env", "HOUSE_KEY")
    assert launch.process.returncode == 2
    assert launch.err.startswith("error: HOUSE_KEY is not set, and is to hold the API key\n")


def test_a_server_with_a_key_is_asked_with_it_by_status_too(place):
    launch = place.start("--api-key-env", "HOUSE_KEY", "--detach", variables={"HOUSE_KEY": KEY})
    assert launch.ended() == 0
    without = place.swiftcfg("status", NAME, "--format", "json")
    assert (without.returncode, json.loads(without.stdout)["chat"]["fault"]) == (5, "HTTP 400: API key error")
    validator("status.schema.json").validate(json.loads(without.stdout))
    assert place.swiftcfg("stop", NAME).returncode == 0


# JSON


def test_the_json_of_a_detached_server_is_all_that_is_printed_and_status_says_the_same(place):
    launch = place.run("--detach", "--format", "json")
    data = data_of(launch)
    address = f"http://127.0.0.1:{place.port}"
    assert (data["ok"], data["name"], data["failure"], data["back_off"]) == (True, NAME, None, [])
    assert (data["served"]["url"], data["served"]["passed"]) == (address, True)
    assert [check["ok"] for check in data["served"]["checks"]] == [True] * 5
    found = place.swiftcfg("status", NAME, "--format", "json")
    status = json.loads(found.stdout)
    validator("status.schema.json").validate(status)
    assert (found.returncode, status["well"], status["server"]["state"], status["server"]["url"]) == (
        0, True, "serving", address,
    )  # fmt: skip
    assert (status["chat"]["answers"], status["proved"], status["cause"]) == (True, True, None)
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_the_json_of_a_failure_has_the_cause_and_status_has_it_too(place):
    launch = place.run(
        "--detach", "--format", "json", does=[BEGINS, ("say", "ValueError: remaining_argv: ['--foo']"), ("exit", 1)]
    )
    data = data_of(launch)
    assert (launch.process.returncode, data["ok"], data["served"]) == (5, False, None)
    failure = data["failure"]
    assert (failure["kind"], failure["sentence"]) == ("flags", "this release of ms-swift does not know ['--foo']")
    assert failure["tail"][-1] == "ValueError: remaining_argv: ['--foo']"
    status = json.loads(place.swiftcfg("status", NAME, "--format", "json").stdout)
    validator("status.schema.json").validate(status)
    assert status["cause"] == {name: failure[name] for name in ("kind", "sentence", "remedy", "figures")}


def test_the_json_of_a_proof_that_failed_has_what_was_counted_and_why_it_is_a_failure(place):
    data = data_of(place.run("--detach", "--format", "json", settings={"ignore_cap": True}))
    assert (data["ok"], data["served"]["passed"], data["failure"]["kind"]) == (False, False, "proof")
    check = data["served"]["checks"][1]
    assert (check["added"], check["expected"]) == (314, {"low": 255, "high": 255})


def test_the_json_of_a_preflight_that_found_something_has_no_server(place):
    launch = place.run(str(place.script("--tempplate", "x")), "--detach", "--format", "json")
    data = data_of(launch)
    assert (launch.process.returncode, data["ok"], data["served"], data["failure"]) == (1, False, None, None)
    assert [problem["check"] for problem in data["preflight"]["problems"]] == ["settings FLG001"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_dry_run_starts_nothing_and_shows_words_and_environment(place, form):
    launch = place.run("--dry-run", "--format", form, variables={"MAX_PIXELS": "5", "HOUSE_KEY": KEY})
    assert (launch.process.returncode, launch.err, (place.home / "swiftcfg").exists()) == (0, "", False)
    if form == "text":
        assert f"    --port {place.port} \\\n" in launch.out or f"    --port {place.port}\n" in launch.out
        assert "  MAX_PIXELS=200704  (planned; the caller's value does not count)\n" in launch.out
    else:
        start = data_of(launch)["start"]
        assert start["argv"][0] == str(place.environment / "bin" / "python")
        assert start["argv"][-2:] == ["--port", str(place.port)]


# Where the call comes from


def call(place: Place) -> str:
    return place.script().read_text()


def test_the_call_of_a_script_may_come_in_on_standard_input(place):
    path = place.home / "in.sh"
    path.write_text(call(place))
    with path.open("rb") as text:
        launch = place.run("-", "--detach", stdin=text)
    assert launch.process.returncode == 0
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_the_settings_file_of_ms_swift_is_served(place):
    path = place.home / "deploy.yaml"
    path.write_text(
        f"model: {place.model}\ninfer_backend: transformers\ntorch_dtype: float32\nhost: 127.0.0.1\n"
        f"port: {place.port}\nENV:\n  MAX_PIXELS: '200704'\n"
    )
    launch = place.run(str(path), "--detach")
    assert launch.process.returncode == 0
    assert place.swiftcfg("stop", NAME).returncode == 0


def test_of_several_calls_one_is_chosen(place):
    path = place.home / "two.sh"
    path.write_text(call(place) + call(place).replace(f"--port {place.port}", "--port 1"))
    refused = place.run(str(path))
    assert (refused.process.returncode, refused.err) == (
        2, f"error: {path} has 2 swift deploy commands\nhint: choose one: --nth 1 to --nth 2\n",
    )  # fmt: skip
    assert place.run(str(path), "--nth", "1", "--dry-run").process.returncode == 0


def test_words_that_only_a_shell_could_know_are_told(place):
    path = place.home / "open.sh"
    path.write_text(call(place).replace(f"--port {place.port}", '--port "$SOME_PORT" --max_length $(nproc)'))
    launch = place.run(str(path))
    assert launch.process.returncode == 2
    assert launch.err == (
        f"error: {path} leaves words open that only a shell could fill in: --port is $SOME_PORT, --max_length is "
        "$(nproc)\nhint: set SOME_PORT in the environment\n"
    )
    path.write_text(call(place).replace(f"--port {place.port}", '--port "$SOME_PORT"'))
    dry = place.run(str(path), "--dry-run", variables={"SOME_PORT": str(place.port)})
    assert (dry.process.returncode, "SOME_PORT of the environment fills in --port" in dry.out) == (0, True)


# Wrong usage

WRONG = {
    "nothing": ([], "give a script or settings file, or --model and --profile"),
    "a script and a model": (["deploy.sh", "--model", "m"], "give a script or settings file, or --model and --profile"),
    "a plan's option with a script": (
        ["deploy.sh", "--back-off"], "--back-off does not go here: a script is started as it is written",
    ),
    "a script's option with a plan": (["--model", "m", "--nth", "2"], "--nth does not go here: it goes with a script"),
    "JSON of an attached server": (
        ["deploy.sh", "--format", "json"],
        "--format json goes with --dry-run or --detach: the server's output is no JSON",
    ),
    "a port that is none": (
        ["deploy.sh", "--port", "99999"],
        "invalid value for '--port': '99999' is not a port: 1 to 65535, or auto for one that is free",
    ),
    "a time that is none": (
        ["deploy.sh", "--wait-timeout", "soon"],
        "invalid value for '--wait-timeout': 'soon' is not a duration of up to a day: write it as 90s, 15m or 1h",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_go_together_is_told_in_a_sentence(place, wrong):
    words, sentence = WRONG[wrong]
    done = subprocess.run(
        [sys.executable, "-m", "swiftcfg", "launch", *words], env=place.variables(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {sentence}\nhint: swiftcfg launch --help shows what there is\n"

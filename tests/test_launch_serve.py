"""A launch with the real ms-swift 4.6.0: served, proved, asked, stopped, on this machine's processor."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from launching import next_port
from leaks import no_leaks
from serving import BACKEND_FLAGS, START_LIMIT_S, serving_python, tiny_model

from swiftcfg.chat import chat, endpoint_of
from swiftcfg.procfs import Process, processes
from swiftcfg.servers.members import descendants

pytestmark = [pytest.mark.serve, pytest.mark.xdist_group("launched servers")]
KEY = "sk-7f3a9c52e1"
SURROUNDINGS = "HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 VLLM_CPU_KVCACHE_SPACE=1"
LIMITS = {"transformers": (), "vllm": ("--vllm_limit_mm_per_prompt", '\'{"image": 2, "video": 0}\'')}
STOP_LIMIT_S = 60


class Home:
    """A user's folder with one server in it, and the commands of that user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SERVER_KEY": KEY}
        self.port = str(next_port())
        self.before = {each.identity for each in family()}

    def ours(self) -> list[int]:
        """The processes that this test has started."""
        return [each.pid for each in family() if each.identity not in self.before]

    def is_quiet(self) -> bool:
        """Whether none of them is left, after some time."""
        deadline = time.monotonic() + STOP_LIMIT_S
        while self.ours() and time.monotonic() < deadline:
            time.sleep(0.1)
        return not self.ours()

    def argv(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "swiftcfg", *map(str, words)]

    def run(self, *words: str | Path, status: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            self.argv(*words), env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=max(START_LIMIT_S.values()),
        )  # fmt: skip
        assert done.returncode == status, (done.stdout, done.stderr)
        return done

    def answer(self, *words: str | Path, status: int = 0) -> Any:
        return json.loads(self.run(*words, "--format", "json", status=status).stdout)

    def script(self, kind: str, backend: str, variables: str, model: Path | None = None) -> Path:
        path = self.folder / "deploy.sh"
        words = ["--model", model or tiny_model(kind), "--infer_backend", backend, "--host", "127.0.0.1",
                 "--served_model_name", "tiny", *BACKEND_FLAGS[backend], *LIMITS[backend]]  # fmt: skip
        path.write_text(f"export {variables} {SURROUNDINGS}\nswift deploy {' '.join(map(str, words))}\n")
        return path

    @property
    def log(self) -> str:
        return (self.folder / ".local/state/swiftcfg/servers/tiny/log").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with no_leaks():
        place = Home(tmp_path)
        yield place
        if place.answer("ps")["servers"]:  # a test that failed
            place.run("stop", "tiny")


def added(launched: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Of each picture and clip what it added to the prompt, and what was planned."""
    checks = (check for check in launched["served"]["checks"] if check["kind"] != "text")
    return {check["what"]: (check["added"], check["expected"]["low"]) for check in checks}


def family() -> list[Process]:
    return [each for each in descendants(os.getpid(), processes()) if each.lives]


def shows_key(pid: int) -> bool:
    try:
        return any(KEY.encode() in Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    except OSError:  # gone meanwhile
        return False


def test_a_script_is_proved_asked_and_stopped(home: Home):
    script = home.script("qwen2_5_vl", "transformers", "MAX_PIXELS=1003520")
    words = ("launch", script, "--python", serving_python(), "--name", "tiny", "--port", home.port, "--detach")
    launched = home.answer(*words)
    assert launched["ok"]
    assert len(added(launched)) == 4
    assert all(found == planned for found, planned in added(launched).values())
    assert [check["printed"] for check in launched["served"]["settings"]] == ["1280"]

    url = launched["served"]["url"]
    assert home.answer("status", "tiny")["chat"]["answers"]
    probed = ("probe", url, "--model", tiny_model("qwen2_5_vl"), "--backend", "transformers", "--image", "1920x1080")
    assert home.answer(*probed, "--set", "MAX_PIXELS=1003520", "--python", serving_python())["passed"]
    assert not home.answer(*probed, "--set", "MAX_PIXELS=200704", "--python", serving_python(), status=5)["passed"]
    assert "a server called tiny is serving" in home.run(*words, status=2).stderr

    assert home.answer("stop", "tiny")["end"]["by"] == "stop"
    assert home.answer("ps") == {"schema_version": 1, "servers": [], "notes": []}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_plan_is_served_and_followed_until_the_launch_ends(home: Home, number: int):
    words = home.argv(
        "launch", "--model", tiny_model("qwen3_vl"), "--profile", "mixed-images-video", "--gpu", "24GiB", "--cpu",
        "--python", serving_python(), "--name", "tiny", "--port", home.port,
    )  # fmt: skip
    output = home.folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(words, env=home.environment, cwd=home.folder, stdout=file, stderr=file)
    deadline = time.monotonic() + START_LIMIT_S["transformers"]
    while "Ctrl-C stops it." not in output.read_text() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    said = output.read_text()
    process.send_signal(number)
    assert process.wait(STOP_LIMIT_S) == (130 if number == signal.SIGINT else -number), said
    assert re.search(r"clip +\S+ +[\d,]+ +([\d,]+) +\1 .* ok", said), said
    assert "NOT as planned" not in said
    assert home.is_quiet()
    assert home.answer("ps", "--all")["servers"][0]["end"]["by"] == ("stop" if number == signal.SIGINT else "leash")


@pytest.mark.parametrize("backend", ["transformers", "vllm"])
def test_nobody_sees_the_key_and_nothing_outlives_its_warden(home: Home, backend: str):
    script = home.script("qwen2_5_vl", backend, "MAX_PIXELS=200704")
    process = subprocess.Popen(
        home.argv("launch", script, "--python", serving_python(), "--name", "tiny", "--port", home.port, "--detach",
                  "--api-key-env", "SERVER_KEY", "--format", "json"),
        env=home.environment, cwd=home.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    seen, last, deadline = set(), set(), time.monotonic() + START_LIMIT_S[backend]
    while process.poll() is None and time.monotonic() < deadline:
        now = {pid for pid in home.ours() if pid != process.pid and shows_key(pid)}
        seen |= now & last  # for an instant each child has the environment of its parent
        last = now
        time.sleep(0.1)
    out, told = process.communicate(timeout=STOP_LIMIT_S)
    assert process.returncode == 0, told.decode()
    url = json.loads(out)["served"]["url"]
    statuses = [chat(endpoint_of(url, key), "tiny", "hello").status for key in (KEY, None, "wrong")]
    assert statuses == [200, 400, 400]
    assert seen == set()
    assert not any(map(shows_key, home.ours()))
    assert "api_key='***'" in home.log
    assert KEY not in home.log + told.decode() + out.decode()
    assert [path for path in home.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()] == []

    state = json.loads((home.folder / ".local/state/swiftcfg/servers/tiny/state.json").read_bytes())
    os.kill(state["warden"]["pid"], signal.SIGKILL)
    assert home.is_quiet()
    assert home.answer("status", "tiny", status=5)["server"]["end"]["by"] == "guard"


def test_a_model_that_does_not_load_is_told_by_its_cause(home: Home):
    model = home.folder / "Qwen2.5-VL-7B-Instruct"
    shutil.copytree(tiny_model("qwen2_5_vl"), model)
    config = json.loads((model / "config.json").read_bytes())
    config["text_config"]["intermediate_size"] *= 2
    (model / "config.json").write_text(json.dumps(config))
    script = home.script("qwen2_5_vl", "transformers", "MAX_PIXELS=200704", model)
    words = ("launch", script, "--python", serving_python(), "--name", "tiny", "--port", home.port, "--detach")
    failure = home.answer(*words, status=5)["failure"]
    assert failure["kind"] == "weights"
    assert failure["sentence"] == "weights have other shapes than config.json says"
    assert home.answer("status", "tiny", status=5)["cause"]["kind"] == "weights"

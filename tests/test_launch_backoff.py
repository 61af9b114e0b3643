"""--back-off: after a start that ran out of memory the next plan is smaller, each step is shown, and it ends."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from checkpoints import write_checkpoint
from launching import BEGINS, SERVE, Launch, Place, make_environment, placed
from nvml_machines import SYSTEM, compile_library
from test_schemas import validator

MODEL = "Qwen2.5-VL-7B-Instruct"
NAME = MODEL.lower()
L40S = "gpu NVIDIA L40S\nuuid GPU-1\nmemory 48305799168 480247808 0\ncapability 8 9\nmig 0\n"

#: What vLLM 0.23 says of each kind, and the setting that has to give way.
KV = (
    "ValueError: To serve at least one request with the models's max seq len (25344), (1.35 GiB KV cache is needed, "
    "which is larger than the available KV cache memory (1.10 GiB). Based on the available memory, the estimated "
    "maximum model length is 20560. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when "
    "initializing the engine."
)
PROFILE = (
    "INFO 11-22 10:00:00 [gpu_worker.py:298] Available KV cache memory: -14.28 GiB\n"
    "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing "
    "the engine."
)
START = (
    "ValueError: Free memory on device cuda:0 (40.50/44.39 GiB) on startup is less than desired GPU memory utilization "
    "(0.95, 42.17 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes."
)
OOM = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 594.00 MiB. GPU 0 has a total capacity of 44.39 GiB "
    "of which 93.12 MiB is free. Including non-PyTorch memory, this process has 43.55 GiB memory in use."
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_environment(tmp_path_factory.mktemp("environment"), torch="2.8.0", vllm="0.23.0")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_checkpoint(tmp_path_factory.mktemp("models") / MODEL, MODEL)
    (folder / "tokenizer.json").write_text("{}")
    return folder


class Machine:
    """A place with a card that does not exist, and servers that fail in turns."""

    def __init__(self, place: Place, library: Path) -> None:
        self.place, self.file = place, place.home / "machine"
        self.variables = {"LD_LIBRARY_PATH": str(library), "FAKE_NVML": str(self.file)}
        self.starts = place.home / "starts"
        self.file.write_text(SYSTEM + L40S)

    def launch(self, *turns: Sequence[Sequence[Any]], words: Sequence[str] = (), concurrency: int = 1) -> Launch:
        plan = ["--model", str(self.place.model), "--profile", "chat-images-videos", "--concurrency", str(concurrency)]
        return self.place.run(
            *plan, "--port", str(self.place.port), "--detach", "--no-proof", *words,
            does=[BEGINS, ("turn", [str(self.starts), [*turns]])], variables=self.variables,
        )  # fmt: skip

    @property
    def started(self) -> int:
        return self.starts.stat().st_size

    def stop(self) -> None:
        assert self.place.swiftcfg("stop", NAME).returncode == 0


@pytest.fixture
def machine(environment: Path, model: Path, library: Path, tmp_path: Path) -> Iterator[Machine]:
    with placed(environment, model, tmp_path) as place:
        yield Machine(place, library)


def fails(text: str) -> Sequence[Sequence[Any]]:
    return [("say", text), ("exit", 1)]


SERVES = [SERVE]


def steps_of(launch: Launch) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    """Each step of back-off as it is shown: after which kind, and the settings with their values before and after."""
    shown = re.findall(r"^Back-off, step (\d), after a failure of ([\w ]+):\n((?:  .*\n)+)", launch.err, re.MULTILINE)
    assert [int(number) for number, _, _ in shown] == list(range(1, len(shown) + 1))
    return [(kind, dict(_change(line) for line in lines.splitlines())) for _, kind, lines in shown]


def _change(line: str) -> tuple[str, tuple[str, str]]:
    name, _, values = line.strip().partition(": ")
    before, _, after = values.partition(" → ")
    return name, (before, after)


FAILURES: Mapping[str, tuple[str, str]] = {
    "kv memory": (KV, "VIDEO_MAX_PIXELS"),
    "start check": (START, "vllm_gpu_memory_utilization"),
    "cuda oom": (OOM, "vllm_gpu_memory_utilization"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_memory_failure_is_answered_by_a_plan_that_leaves_more_free(machine, kind):
    text, setting = FAILURES[kind]
    launch = machine.launch(fails(text), SERVES, words=["--back-off"])
    assert (launch.process.returncode, machine.started) == (0, 2)
    ((after, changes),) = steps_of(launch)
    before, smaller = changes[setting]
    assert (after, float(smaller) < float(before)) == (kind, True)
    assert launch.state()["record"]["ready_at"]
    machine.stop()


def test_three_failures_of_different_kinds_take_three_steps_each_beyond_the_one_before(machine):
    launch = machine.launch(fails(START), fails(OOM), fails(KV), SERVES, words=["--back-off"])
    assert (launch.process.returncode, machine.started) == (0, 4)
    steps = steps_of(launch)
    assert [kind for kind, _ in steps] == ["start check", "cuda oom", "kv memory"]
    (first, second), (same, third) = (changes["vllm_gpu_memory_utilization"] for _, changes in steps[:2])
    assert (float(first) > float(second) > float(third), same) == (True, second)
    assert "VIDEO_MAX_PIXELS" in steps[2][1]
    machine.stop()


def test_after_three_steps_it_ends_with_the_last_cause(machine):
    launch = machine.launch(fails(OOM), words=["--back-off"])
    assert (launch.process.returncode, machine.started, len(steps_of(launch))) == (5, 4, 3)
    assert launch.err.endswith("swiftcfg: back-off ends here: 3 steps were tried\n")
    assert launch.cause == "(cuda oom): the card had 0.09 GiB of 44.39 GiB free and 0.58 GiB more were wanted"


def test_where_nothing_smaller_fits_that_is_told_with_what_would(machine):
    launch = machine.launch(fails(PROFILE), words=["--back-off"], concurrency=4)
    assert (launch.process.returncode, machine.started, steps_of(launch)) == (5, 1, [])
    end = launch.err[launch.err.index("swiftcfg: back-off ends here: ") :]
    assert end.startswith(
        f"swiftcfg: back-off ends here: {MODEL} cannot serve chat-images-videos on NVIDIA L40S, even at the least "
        "quality allowed"
    )
    assert "what would fit:\n  - serve " in end


@pytest.mark.parametrize("text", ["ValueError: remaining_argv: ['--foo']", "ModuleNotFoundError: No module named 'x'"])
def test_no_other_failure_is_tried_again(machine, text):
    launch = machine.launch(fails(text), SERVES, words=["--back-off"])
    assert (launch.process.returncode, machine.started, steps_of(launch)) == (5, 1, [])


def test_without_the_option_nothing_is_tried_again(machine):
    launch = machine.launch(fails(OOM), SERVES)
    assert (launch.process.returncode, machine.started, steps_of(launch)) == (5, 1, [])


@pytest.mark.parametrize("last", ["serves", "fails"])
def test_the_json_is_one_object_with_every_step(machine, last):
    turns = [fails(START), SERVES if last == "serves" else fails("ValueError: remaining_argv: ['--foo']")]
    launch = machine.launch(*turns, words=["--back-off", "--format", "json"])
    data = json.loads(launch.out)
    validator("launch.schema.json").validate(data)
    ((kind, changes),) = steps_of(launch)
    assert data["back_off"] == [
        {
            "step": 1, "kind": kind,
            "changes": [{"name": name, "before": old, "after": new} for name, (old, new) in changes.items()],
        }
    ]  # fmt: skip
    assert (data["ok"], data["failure"] is None) == ((last == "serves"),) * 2
    if last == "serves":
        machine.stop()


# NVML


def test_a_card_that_is_lost_before_the_plan_stops_it(machine):
    machine.file.write_text(SYSTEM + L40S + "fail nvmlDeviceGetMemoryInfo_v2 15\n")
    launch = machine.launch(SERVES)
    assert launch.process.returncode == 3
    assert launch.err.startswith("error: ")
    assert not machine.starts.exists()


def test_a_driver_that_goes_away_between_two_starts_ends_back_off(machine):
    launch = machine.launch(
        [("write", [str(machine.file), SYSTEM + "fail nvmlInitWithFlags 9\n"]), *fails(OOM)],
        SERVES,
        words=["--back-off"],
    )
    assert (launch.process.returncode, machine.started, steps_of(launch)) == (5, 1, [])
    assert "swiftcfg: back-off ends here: " in launch.err


def test_a_driver_that_goes_away_while_the_server_serves_leaves_status_without_that_number(machine):
    assert machine.launch(SERVES).process.returncode == 0
    machine.file.unlink()
    found = machine.place.swiftcfg("status", NAME, "--format", "json")
    assert (found.returncode, json.loads(found.stdout)["gpu_memory_bytes"]) == (0, None)
    machine.stop()

"""swiftcfg launch where cards are: machines that do not exist, engines that print what vLLM prints there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from checkpoints import write_checkpoint
from launching import BEGINS, SERVE, Launch, Place, placed
from nvml_machines import A100_CUT, H100, SYSTEM, compile_library
from packaging.version import Version
from stub_server import VERSIONS, serving_environment
from test_schemas import validator
from vllm_log import Engine, no_room_for_a_request, out_of_memory, refused_at_start

from swiftcfg.units import GIB

MODEL, LARGE = "Qwen2.5-VL-7B-Instruct", "Qwen2.5-VL-32B-Instruct"
PROFILE = "photos-vqa"
R4090 = "gpu NVIDIA GeForce RTX 4090\nuuid GPU-40\nmemory 25757220864 513802240 {}\ncapability 8 9\n"
L40S = "gpu NVIDIA L40S\nuuid GPU-{}\nmemory 48305799168 538968064 0\ncapability 8 9\n"
FOUR_L40S = "".join(map(L40S.format, "abcd"))
#: Three eighths of an A100-80GB each.
A100_HALVES = A100_CUT.replace("42949672960", "85899345920").replace("21072183296", "42144366592")
ENGINE_ENDS = ("exit", 1)
Steps = Sequence[Sequence[Any]]


def held(machine: str, used: int) -> str:
    """An H100 of which this process holds memory."""
    return machine.replace("476053504 0", f"476053504 {used}") + f"process {os.getpid()} {used}\n"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints with true headers over holes."""
    folder = tmp_path_factory.mktemp("models")
    for name in (MODEL, LARGE):
        write_checkpoint(folder / name, name)
        (folder / name / "tokenizer.json").write_text("{}")
    return folder


@dataclass
class Cards:
    """A place on a machine with cards."""

    place: Place
    library: Path

    def machine(self, text: str) -> "Cards":
        """What NVML shows from now on; the file is replaced, as a server's test may look at any moment."""
        path = self.place.home / "machine"
        path.with_suffix(".new").write_text(SYSTEM + text)
        path.with_suffix(".new").replace(path)
        return self

    @property
    def variables(self) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": str(self.library), "FAKE_NVML": str(self.place.home / "machine")}

    @property
    def words(self) -> tuple[str, ...]:
        return ("--model", str(self.place.model), "--profile", PROFILE)

    def swiftcfg(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "swiftcfg", *words], env={**self.place.variables(), **self.variables, **variables},
            cwd=self.place.home, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def answer(self, *words: str) -> Any:
        done = self.swiftcfg(*words, "--format", "json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def engine(self, vllm: str = "0.23.0", ranks: int = 1) -> Engine:
        """The engine that starts by our plan for this machine."""
        plan = self.answer("plan", *self.words, "--python", str(self.place.environment))
        return Engine(Version(vllm), plan["memory"], ranks)

    def run(
        self, *turns: Steps, words: Sequence[str] = (), settings: Mapping[str, Any] | None = None, **variables: str
    ) -> Launch:
        """Launch by a plan to its end; each start does the next of the turns."""
        ends = () if "--dry-run" in words else ("--detach",)
        given = (*self.words, "--port", str(self.place.port), *ends, *words)
        does = [("turn", [str(self.place.home / "turns"), [[*turn] for turn in turns]])]
        return self.place.run(*given, does=does, settings=settings, variables={**self.variables, **variables})

    def stop(self) -> None:
        assert self.place.swiftcfg("stop", self.name).returncode == 0

    @property
    def name(self) -> str:
        return self.place.model.name.lower()

    def measured(self) -> dict[str, Any]:
        """What ``status`` tells of the figures of the start, by their names."""
        status = self.answer("status", self.name)
        validator("status.schema.json").validate(status)
        return {row.pop("name"): row for row in status["measured"]}


Machines = Callable[..., AbstractContextManager[Cards]]


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Environments with a torch for CUDA, made when they are first asked for."""
    root = tmp_path_factory.mktemp("environments")

    def of(**versions: str) -> Path:
        folder = root / ("-".join(versions.values()) or "default")
        if not folder.exists():
            folder.mkdir()
            serving_environment(folder, {**VERSIONS, "torchvision": "0.23.0", "vllm": "0.23.0", **versions})
        return folder

    return of


@pytest.fixture
def machines(environments: Callable[..., Path], models: Path, library: Path, tmp_path: Path) -> Machines:
    """Makes the machine that is described, with other versions or another model where they are named."""

    @contextmanager
    def of(machine: str, model: str = MODEL, **versions: str) -> Iterator[Cards]:
        with placed(environments(**versions), models / model, tmp_path) as place:
            yield Cards(place, library).machine(machine)

    return of


@pytest.fixture
def h100(machines: Machines) -> Iterator[Cards]:
    with machines(H100) as cards:
        yield cards


def says(*lines: str) -> Steps:
    return [BEGINS, *(("say", line) for line in lines)]


def serves(engine: Engine, *first: str) -> Steps:
    return [*says(*first, *engine.start()), SERVE]


def changes(launch: Launch) -> str:
    """What the first step of back-off changes in the engine's share."""
    (line, *_) = [line for line in launch.err.splitlines() if line.startswith("  vllm_gpu_memory_utilization: ")]
    return line.partition(": ")[2]


# A plan that holds


MACHINES: Mapping[str, tuple[str, str, int, str]] = {
    "one card": (H100, MODEL, 1, "0"),
    "a small card": (R4090.format(0), MODEL, 1, "0"),
    "four cards for one model": (FOUR_L40S, LARGE, 4, "0,1,2,3"),
    "an instance of a card": (A100_HALVES, MODEL, 1, "0"),
    "the card that is free": (held(H100, 60 * GIB) + H100.replace("1111", "2222"), MODEL, 1, "1"),
    "a card that others use too": (held(H100, 30 * GIB), MODEL, 1, "0"),
}


@pytest.mark.parametrize("kind", MACHINES)
def test_a_plan_is_served_on_its_cards_and_every_figure_of_the_log_is_inside_it(machines: Machines, kind: str):
    machine, model, ranks, visible = MACHINES[kind]
    with machines(machine, model) as cards:
        launch = cards.run(serves(cards.engine(ranks=ranks)))
        assert launch.process.returncode == 0, launch.err
        state = launch.state(cards.name)["record"]
        chosen = {name: state["variables"][name] for name in ("CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES")}
        assert chosen == {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": visible}
        assert "kv cache" in launch.err
        assert "outside by" not in launch.err
        assert cards.measured() == state["measured"]
        cards.stop()


def test_an_instance_that_only_its_uuid_names_is_refused_before_vllm_ends_on_it(machines: Machines):
    second = A100_HALVES.replace("1g.5gb", "3g.20gb").replace("5100273664", "42144366592")
    with machines(second) as cards:
        launch = cards.run([SERVE], words=["--dry-run"], CUDA_VISIBLE_DEVICES="MIG-55555555-eeee")
        assert launch.process.returncode == 1
        assert "CUDA_VISIBLE_DEVICES=MIG-55555555-eeee  (planned)" in launch.out
        assert "names MIG-55555555-eeee, and vLLM 0.23.0 takes every entry for a number" in " ".join(launch.out.split())


def test_a_driver_that_dies_while_the_server_starts_changes_nothing_of_its_proof(h100: Cards):
    first, *rest = h100.engine().start()
    gone = ("write", [str(h100.place.home / "machine"), SYSTEM + "fail nvmlInitWithFlags 15\n"])
    launch = h100.run([*says(first), gone, *says(*rest), SERVE])
    assert launch.process.returncode == 0, launch.err
    assert "Memory by the server's log" in launch.err
    assert h100.answer("status", h100.name)["gpu_memory_bytes"] is None
    h100.stop()


#: vLLM, ms-swift, and the newest qwen-vl-utils that works with it.
RELEASES = [
    ("0.8.5", "3.2.0", "0.0.11"), ("0.8.5", "3.6.4", "0.0.11"), ("0.10.2", "3.9.3", "0.0.11"),
    ("0.11.0", "3.10.3", "0.0.14"), ("0.12.0", "3.12.0", "0.0.14"), ("0.19.0", "4.0.0", "0.0.14"),
    ("0.32.0", "4.6.0", "0.0.14"),
]  # fmt: skip


@pytest.mark.parametrize(("vllm", "ms_swift", "library_version"), RELEASES)
def test_every_release_is_started_with_its_own_flags_and_read_in_its_own_words(
    machines: Machines, vllm: str, ms_swift: str, library_version: str
):
    with machines(H100, vllm=vllm, ms_swift=ms_swift, qwen_vl_utils=library_version) as cards:
        engine = cards.engine(vllm)
        pixels = cards.answer("plan", *cards.words, "--python", str(cards.place.environment))["environment"]
        took = f"Using environment variable `MAX_PIXELS`, Setting max_pixels: {pixels['MAX_PIXELS']}."
        old = Version(ms_swift) < Version("3.10.0")
        launch = cards.run(serves(engine, f"[INFO:swift] {took}"), settings={"no_health": old})
        assert launch.process.returncode == 0, launch.err
        flag = "vllm_max_model_len" if Version(ms_swift) >= Version("3.7.0") else "max_model_len"
        assert launch.state()["record"]["flags"][flag] == [str(engine.account["max_model_len"])]
        assert f"max_pixels {pixels['MAX_PIXELS']}, as planned" in launch.err
        figures = cards.measured()
        assert {"weights", "kv capacity", "max model len", "encoder cache", "cuda graphs"} < set(figures)
        assert "outside by" not in launch.err
        cards.stop()


def test_figures_that_no_plan_has_are_kept_without_one(h100: Cards):
    assert h100.run(serves(h100.engine())).process.returncode == 0
    figures = h100.measured()
    assert figures["concurrency"]["planned"] is None
    weights = figures["weights"]
    assert weights["unit"] == "bytes"
    assert weights["planned"]["low"] - weights["rounding"] <= weights["value"]
    h100.stop()


# A plan that does not hold: others take memory, or the account was wrong


def test_memory_that_others_took_meanwhile_is_counted_once(h100: Cards):
    engine = h100.engine()
    total = engine.amount("total")
    taken = ("write", [str(h100.place.home / "machine"), SYSTEM + held(H100, 40 * GIB)])
    dies = [taken, *says(refused_at_start(engine, total - 40.5 * GIB, 0.95)), ENGINE_ENDS]
    launch = h100.run(dies, serves(engine), words=["--back-off"])
    assert launch.process.returncode == 0, launch.err
    assert changes(launch) == "0.95 → 0.48"
    assert "40.00 GiB of GPU 0 (NVIDIA H100 80GB HBM3) are held now: " in " ".join(launch.err.split())
    h100.stop()


def test_memory_that_others_hold_before_the_start_stops_it_with_who_holds_it(h100: Cards):
    words = (*h100.words, "--port", str(h100.place.port), "--gpu", "H100-80GB")
    h100.machine(held(H100, 40 * GIB))
    launch = h100.place.run(*words, variables=h100.variables)
    (problem,) = launch.problems
    assert launch.process.returncode == 1
    assert f"(pid {os.getpid()}) 40.00 GiB" in problem


DEATHS: Mapping[str, Callable[[Engine], Sequence[str]]] = {
    "start check": lambda engine: [refused_at_start(engine, engine.amount("total") - 5 * GIB, 0.95)],
    "cuda oom": lambda engine: [*list(engine.start())[:-1], out_of_memory(engine, GIB // 4, GIB // 10)],
}


@pytest.mark.parametrize("kind", DEATHS)
def test_a_failure_that_nothing_else_explains_leads_to_a_plan_that_leaves_more(h100: Cards, kind: str):
    engine = h100.engine()
    launch = h100.run([*says(*DEATHS[kind](engine)), ENGINE_ENDS], serves(engine), words=["--back-off"])
    assert launch.process.returncode == 0, launch.err
    before, after = map(float, changes(launch).split(" → "))
    assert before > after > 0.8
    h100.stop()


def test_a_cache_that_is_too_small_ends_where_no_smaller_plan_is_left(h100: Cards):
    engine = h100.engine()
    dies = [*says(*list(engine.start())[:5], no_room_for_a_request(engine, GIB // 2, 9000)), ENGINE_ENDS]
    launch = h100.run(dies, words=["--back-off"])
    assert (launch.process.returncode, launch.cause[:12]) == (5, "(kv memory):")
    assert "back-off ends here: " in launch.err


def test_memory_that_runs_out_under_the_proof_is_stepped_back_from_without_waiting_for_the_port(h100: Cards):
    engine = h100.engine()
    dies = [*says(*engine.start()), SERVE, ("say", out_of_memory(engine, 3 * GIB, GIB))]
    broken = {"broken": "EngineCore encountered an issue. See stack trace (above) for the root cause."}
    launch = h100.run(dies, [*says("ValueError: x"), ENGINE_ENDS], words=["--back-off"], settings=broken)
    assert launch.process.returncode == 5
    assert changes(launch) == "0.95 → 0.93"
    assert "is not free yet" not in launch.err


# Where the plan is not of this machine


def test_no_plan_for_a_card_stands_beside_the_figures_of_a_processor(machines: Machines):
    with machines("", torch="2.8.0+cpu") as cards:
        plan = cards.answer("plan", *cards.words, "--gpu", "H100-80GB", "--python", str(cards.place.environment))
        engine = Engine(Version("0.23.0"), plan["memory"])
        launch = cards.run(serves(engine), words=["--gpu", "H100-80GB"])
        assert launch.process.returncode == 0, launch.err
        assert "Memory by the server's log" not in launch.err
        assert {figure["planned"] for figure in cards.measured().values()} == {None}
        cards.stop()


def test_the_processor_is_tried_without_a_card_where_there_is_one(h100: Cards):
    launch = h100.run([("show", "environment"), SERVE], words=["--cpu"])
    assert launch.process.returncode == 0, launch.err
    assert launch.state()["record"]["variables"]["CUDA_VISIBLE_DEVICES"] == ""
    log = (h100.place.home / "swiftcfg" / "servers" / h100.name / "log").read_text()
    shown = next(line for line in log.splitlines() if line.startswith("environment "))
    assert json.loads(shown.removeprefix("environment "))["CUDA_VISIBLE_DEVICES"] == ""
    h100.stop()


# Status


def test_status_sums_what_the_servers_processes_hold_of_all_cards(machines: Machines):
    with machines(FOUR_L40S, LARGE) as cards:
        launch = cards.run(serves(cards.engine(ranks=4)))
        assert launch.process.returncode == 0, launch.err
        (pid,) = [each["pid"] for each in cards.answer("status", cards.name)["server"]["processes"]]
        for shown, expected in ((f"process {pid} {30 * GIB}\n", 120 * GIB), (f"process {pid} -\n", None), ("", None)):
            cards.machine("".join(f"{L40S.format(card)}{shown}process 1 {GIB}\n" for card in "abcd"))
            assert cards.answer("status", cards.name)["gpu_memory_bytes"] == expected
        cards.stop()

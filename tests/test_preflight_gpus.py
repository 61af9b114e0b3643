"""The cards as a preflight sees them, through the real nvidia-ml-py on machines that do not exist."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from environments import serving
from nvml_machines import A100_CUT, H100, L4, SOURCES, SYSTEM, compile_library, environment_with

CALL = """export MAX_PIXELS=1003520
swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.9 \\
    --vllm_max_model_len 16384 --vllm_limit_mm_per_prompt '{"image": 2, "video": 0}' --host 127.0.0.1
"""
BUSY = H100.replace("memory 85520809984 476053504 0", "memory 85520809984 476053504 12884901888")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return serving(tmp_path_factory.mktemp("serving") / "env", torch="2.13.0", vllm="0.23.0")


@pytest.fixture
def look(tmp_path: Path, library: Path, place: Path) -> Any:
    """Run the preflight on a machine; None is one without a driver. Only errors and what is said of cards count."""

    def on(
        machine: str | None, *gpu: str, text: str = CALL, place: Path = place, **environment: str
    ) -> list[tuple[str, str, str]]:
        (tmp_path / "deploy.sh").write_text(text)
        if machine is not None:
            (tmp_path / "machine").write_text(SYSTEM + machine)
        variables = {"FAKE_NVML": str(tmp_path / "machine"), "MODELSCOPE_CACHE": str(tmp_path), **environment}
        done = subprocess.run(
            [sys.executable, SOURCES / "preflight.py", tmp_path / "deploy.sh", place, *gpu],
            env=environment_with(library, **variables), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return list(_said(json.loads(done.stdout)))

    return on


def _said(found: Mapping[str, Any]) -> Any:
    for problem in found["problems"]:
        if problem["check"] == "gpus" or problem["check"].startswith("settings MEM"):
            yield problem["check"], problem["severity"], problem["sentence"]
    yield from (("gpus", "note", note["sentence"]) for note in found["notes"] if note["check"] == "gpus")


def test_a_card_with_all_its_memory_free_is_nothing_to_speak_of(look: Any):
    assert look(H100) == []


def test_memory_that_others_hold_fails_the_start_check_and_is_told_with_who_holds_it(look: Any):
    found = look(BUSY + "process 2147483646 12884901888\n")
    assert [(check, severity) for check, severity, _ in found] == [("settings MEM002", "error"), ("gpus", "note")]
    assert "other processes hold 12.00 GiB: a process (pid 2147483646) 12.00 GiB" in found[0][2]
    assert found[1][2] == (
        "12.00 GiB of GPU 0 (NVIDIA H100 80GB HBM3) are held now: a process (pid 2147483646) 12.00 GiB"
    )


def test_memory_that_nobody_is_seen_to_hold_is_told_too(look: Any):
    assert look(BUSY)[-1][2] == "12.00 GiB of GPU 0 (NVIDIA H100 80GB HBM3) are held now: NVML does not show by whom"


def test_the_cards_that_are_here_count_whatever_gpu_describes(look: Any):
    small = "gpu NVIDIA T4\nuuid GPU-7\nmemory 16106127360 480247808 0\ncapability 7 5\nmig 0\n"
    *settings, note = look(small, "H100-80GB")
    assert "error" in [severity for _, severity, _ in settings]
    assert note == ("gpus", "note", "judged by what NVML sees here, 1x NVIDIA T4, not by --gpu")


def test_the_callers_and_the_scripts_choice_of_cards_counts(look: Any):
    both, order = H100 + L4, {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert look(both, CUDA_VISIBLE_DEVICES="0", **order) == []
    assert look(both, text=f"export CUDA_VISIBLE_DEVICES=0\n{CALL}", CUDA_VISIBLE_DEVICES="1", **order) == []
    assert look(both, CUDA_VISIBLE_DEVICES="", **order)[0][1:] == (
        "error", "CUDA_VISIBLE_DEVICES is empty, and CUDA then shows no GPU",
    )  # fmt: skip


OLD = "takes every entry for a number and ends"
PLACE = "takes the instance's number for that of a card"


@pytest.mark.parametrize(
    ("vllm", "named", "expected"),
    [
        ("0.23.0", "GPU-11111111-aaaa", [("error", f"names GPU-11111111-aaaa, and vLLM 0.23.0 {OLD}")]),
        ("0.24.0", "GPU-11111111-aaaa", []),
        ("0.23.0", "MIG-55555555-eeee", [("error", f"names MIG-55555555-eeee, and vLLM 0.23.0 {OLD}")]),
        ("0.24.0", "MIG-55555555-eeee", [("warning", f"names MIG-55555555-eeee, and vLLM 0.24.0 {PLACE}")]),
        ("0.23.0", "0", []),
        ("0.23.0", "1", []),
    ],
)
def test_a_card_that_is_named_by_uuid_is_told_where_vllm_does_not_understand_it(
    look: Any, tmp_path: Path, vllm: str, named: str, expected: list[tuple[str, str]]
):
    env = serving(tmp_path / "env", torch="2.13.0", vllm=vllm)
    found = look(
        H100 + A100_CUT, text=f"export CUDA_VISIBLE_DEVICES={named}\n{CALL}", place=env, CUDA_DEVICE_ORDER="PCI_BUS_ID"
    )
    assert [one for one in found if one[0] == "gpus"] == [
        ("gpus", severity, f"CUDA_VISIBLE_DEVICES {sentence}") for severity, sentence in expected
    ]


def test_cards_that_nvml_tells_too_little_of_are_judged_as_they_are_described_and_stop_no_start(look: Any):
    shared = (
        "gpu NVIDIA GB10\nuuid GPU-9\ncapability 12 1\n"
        "fail nvmlDeviceGetMemoryInfo_v2 3\nfail nvmlDeviceGetMemoryInfo 3\n"
    )
    untold = "GPU 0 (NVIDIA GB10): NVML does not tell its memory, as with memory shared with the CPU"
    assert look(shared) == [("gpus", "warning", f"{untold}: what is free there is not judged")]
    assert look(shared, "119GiB") == [("gpus", "warning", f"{untold}: what is free there is not judged, but by --gpu")]
    assert "settings MEM001" in [check for check, _, _ in look(shared, "12GiB")]


def test_a_card_that_is_too_small_stops_no_start_where_cuda_may_take_another_one(look: Any):
    small = "gpu NVIDIA A2\nuuid GPU-7\nmemory 16106127360 480247808 0\ncapability 8 6\nmig 0\n"
    found = look(small + H100)
    assert {(check, severity) for check, severity, _ in found} == {("settings MEM001", "warning"), ("gpus", "note")}
    assert found[0][2].startswith("if CUDA numbers the cards as nvidia-smi does: the weights of ")
    told = {(check, severity) for check, severity, _ in look(small + H100, CUDA_DEVICE_ORDER="PCI_BUS_ID")}
    assert told == {("settings MEM001", "error")}
    assert {severity for _, severity, _ in look(small + small.replace("GPU-7", "GPU-8"))} == {"error"}


@pytest.mark.parametrize(("machine", "variables"), [(H100, {}), (H100 + H100, {"CUDA_VISIBLE_DEVICES": "0"})])
def test_one_card_is_not_enough_for_a_call_that_needs_two(look: Any, machine: str, variables: dict[str, str]):
    ((_, severity, sentence),) = look(machine, text=f"{CALL.rstrip()} --vllm_tensor_parallel_size 2\n", **variables)
    assert (severity, sentence) == (
        "error", "the call needs 2 cards, and GPU 0 (NVIDIA H100 80GB HBM3) is the only one that CUDA would see",
    )  # fmt: skip


def test_a_driver_that_wakes_up_slowly_is_waited_for(look: Any):
    assert look("sleep nvmlInitWithFlags 1200\n" + H100) == []


@pytest.mark.parametrize(
    ("machine", "sentence"),
    [
        (None, "the NVIDIA driver is not loaded: vllm has no GPU to start on"),
        ("", "NVML finds no NVIDIA GPU on this machine"),
        (
            H100 + "fail nvmlDeviceGetMemoryInfo_v2 15\n",
            "GPU 0 (NVIDIA H100 80GB HBM3): it has fallen off the bus (GPU is lost)",
        ),
        (H100 + "fail nvmlDeviceGetComputeRunningProcesses_v3 16\n", "GPU 0 (NVIDIA H100 80GB HBM3): it needs a reset"),
        ("fail nvmlDeviceGetCount_v2 999\n" + H100, "NVML met an unknown internal error: vllm has no GPU to start on"),
        (
            "fail nvmlDeviceGetHandleByIndex_v2 18\n" + H100,
            "the NVIDIA driver and its NVML library differ in version: vllm has no GPU to start on",
        ),
    ],
)
def test_a_machine_that_fails_midway_is_told_and_nothing_else_is_kept_from_being_checked(
    look: Any, machine: str | None, sentence: str
):
    ((check, severity, told),) = look(machine)
    assert (check, severity) == ("gpus", "error")
    assert told.startswith(sentence)

"""The GPUs of a machine, through the real nvidia-ml-py and a library of ours in the driver's place."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from nvml_machines import A100_CUT, H100, L4, SYSTEM, compile_library, environment_with, fake_machines

from swiftcfg.nvml import _Reader
from swiftcfg.units import Range

MIB = 2**20


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    yield from fake_machines(tmp_path_factory.mktemp("nvml"))


@pytest.fixture(scope="module")
def old_machines(tmp_path_factory):
    yield from fake_machines(tmp_path_factory.mktemp("old_nvml"), "-DOLD_DRIVER")


def names(answer):
    return [(gpu["index"], gpu["name"]) for gpu in answer["gpus"]]


def test_a_card_is_shown_with_all_that_nvml_tells(machines):
    answer = machines.look(SYSTEM + L4)
    source = answer["gpus"][0].pop("source")
    assert source.startswith("NVML; CUDA total: NVML total less reserved; context: vLLM")
    unreserved = 24152899584 - 480247808
    assert answer == {
        "schema_version": 1,
        "driver": "550.54.15",
        "cuda_driver": "12.4",
        "gpus": [
            {
                "name": "NVIDIA L4",
                "uuid": "GPU-22222222-bbbb",
                "index": 0,
                "mig": False,
                "total_bytes": 24152899584,
                "reserved_bytes": 480247808,
                "free_bytes": unreserved - 1073741824,
                "used_bytes": 1073741824,
                "cuda_total": {"low": unreserved - 64 * MIB, "best": unreserved, "high": unreserved},
                "context": {"low": 340 * MIB, "best": 480 * MIB, "high": 580 * MIB},
                "compute_capability": "8.9",
                "processes": [
                    {"pid": 2147483646, "used_bytes": 1073741824, "name": None},
                    {"pid": 2147483647, "used_bytes": None, "name": None},
                ],
            }
        ],
        "notes": [],
    }


def test_what_the_machine_shows_keeps_to_the_schema(machines):
    schema = Path(__file__).parent.parent / "docs" / "schemas" / "gpus.schema.json"
    answer = machines.look(SYSTEM + H100 + L4 + A100_CUT)
    jsonschema.validate(answer, json.loads(schema.read_text(encoding="utf-8")))


def test_under_wsl2_cuda_sees_the_whole_total():
    cuda_total, why = _Reader(None, wsl=True)._cuda_total(24 * 2**30, 2**28)
    assert cuda_total == Range(24 * 2**30 - 2**28, 24 * 2**30, 24 * 2**30)
    assert why == "the whole NVML total, as WSL2 shows it"


def test_a_process_has_its_name_where_it_runs_here(machines):
    answer = machines.look(SYSTEM + H100 + f"process {os.getpid()} 5\n")
    name = Path(f"/proc/{os.getpid()}/comm").read_text(encoding="utf-8").strip()
    assert answer["gpus"][0]["processes"] == [{"pid": os.getpid(), "used_bytes": 5, "name": name}]


def test_cards_that_differ_come_in_nvml_order_with_a_warning_about_cudas(machines):
    answer = machines.look(SYSTEM + H100 + L4)
    assert names(answer) == [(0, "NVIDIA H100 80GB HBM3"), (1, "NVIDIA L4")]
    assert [note.partition(":")[0] for note in answer["notes"]] == [
        "the GPUs differ and CUDA_DEVICE_ORDER is not PCI_BUS_ID"
    ]
    assert machines.look(SYSTEM + H100 + L4, CUDA_DEVICE_ORDER="PCI_BUS_ID")["notes"] == []
    assert machines.look(SYSTEM + H100 + H100)["notes"] == []


def test_of_a_card_cut_by_mig_only_the_instances_are_usable(machines):
    answer = machines.look(SYSTEM + A100_CUT)
    assert [(gpu["name"], gpu["uuid"], gpu["mig"], gpu["compute_capability"]) for gpu in answer["gpus"]] == [
        ("NVIDIA A100-SXM4-40GB MIG 3g.20gb", "MIG-44444444-dddd", True, "8.0"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "MIG-55555555-eeee", True, "8.0"),
    ]
    assert answer["gpus"][1]["cuda_total"]["best"] == 5100273664
    assert answer["notes"] == [
        "a process can use one MIG instance only, and CUDA takes the first unless CUDA_VISIBLE_DEVICES names another"
    ]


def test_a_cut_card_without_instances_cannot_be_used(machines):
    answer = machines.look(SYSTEM + A100_CUT.partition("instance")[0])
    assert answer["error"] == "MIG is on, but no GPU of this machine has an instance"


def test_an_old_driver_gives_an_estimate_and_says_so(old_machines):
    answer = old_machines.look(SYSTEM + H100.replace("476053504", "0"))
    total = 85520809984
    assert answer["gpus"][0]["reserved_bytes"] is None
    assert answer["gpus"][0]["cuda_total"] == {"low": total - 220 * MIB, "best": total - 10 * MIB, "high": total}
    assert answer["gpus"][0]["used_bytes"] == 0
    assert answer["notes"] == ["this driver does not tell the memory it reserves: CUDA's total is an estimate"]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("1", ["NVIDIA L4"]),
        ("1,0", ["NVIDIA L4", "NVIDIA H100 80GB HBM3"]),
        ("0,-1,1", ["NVIDIA H100 80GB HBM3"]),
        ("0,7,1", ["NVIDIA H100 80GB HBM3"]),
        ("GPU-2222", ["NVIDIA L4"]),
        ("GPU-22222222-bbbb,GPU-1", ["NVIDIA L4", "NVIDIA H100 80GB HBM3"]),
        ("2", ["NVIDIA A100-SXM4-40GB MIG 3g.20gb"]),
        ("MIG-55555555-eeee", ["NVIDIA A100-SXM4-40GB MIG 1g.5gb"]),
    ],
)
def test_cuda_visible_devices_chooses_and_orders(machines, listed, expected):
    answer = machines.look(SYSTEM + H100 + L4 + A100_CUT, CUDA_VISIBLE_DEVICES=listed)
    assert [gpu["name"] for gpu in answer["gpus"]] == expected


@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        ("", "CUDA_VISIBLE_DEVICES is empty, and CUDA then shows no GPU"),
        ("-1", "CUDA_VISIBLE_DEVICES=-1: '-1' names no GPU here, and CUDA ignores it and what follows it"),
        ("9", "CUDA_VISIBLE_DEVICES=9: '9' names no GPU here, and CUDA ignores it and what follows it"),
        ("none", "CUDA_VISIBLE_DEVICES=none: 'none' names no GPU here, and CUDA ignores it and what follows it"),
        ("0,0", "CUDA_VISIBLE_DEVICES=0,0: '0' is given twice, and CUDA then shows no GPU"),
    ],
)
def test_cuda_visible_devices_that_hides_all_is_an_error(machines, listed, sentence):
    answer = machines.look(SYSTEM + H100 + L4, CUDA_VISIBLE_DEVICES=listed)
    assert answer == {
        "error": sentence,
        "hint": "unset or correct CUDA_VISIBLE_DEVICES, or describe the GPU to plan for with --gpu",
        "exit_status": 3,
    }


def test_no_gpu_is_an_error(machines):
    assert machines.look(SYSTEM)["error"] == "NVML finds no NVIDIA GPU on this machine"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (1, "NVML was not initialised"),
        (4, "NVML refuses this user (insufficient permissions)"),
        (9, "the NVIDIA driver is not loaded"),
        (10, "NVML did not answer in time"),
        (11, "the kernel found an interrupt problem with a GPU"),
        (12, "NVML (libnvidia-ml.so.1) is not installed here"),
        (15, "a GPU has fallen off the bus (GPU is lost)"),
        (16, "a GPU needs a reset before it works again"),
        (17, "the operating system keeps NVML from the GPU"),
        (18, "the NVIDIA driver and its NVML library differ in version"),
        (20, "NVML has run out of memory"),
        (77, "NVML failed: fake error 77 (error 77)"),
        (999, "NVML met an unknown internal error"),
    ],
)
@pytest.mark.parametrize("function", ["nvmlInitWithFlags", "nvmlDeviceGetCount_v2"])
def test_a_fault_of_nvml_is_named_with_its_remedy_and_the_way_out(machines, function, code, sentence):
    answer = machines.look(f"fail {function} {code}\n" + SYSTEM + H100)
    assert (answer["error"], answer["exit_status"]) == (sentence, 3)
    assert answer["hint"].endswith("; to plan without NVML, describe the GPU with --gpu H100-80GB")


def test_without_a_driver_the_error_says_so(machines):
    assert machines.look(None)["error"] == "the NVIDIA driver is not loaded"


@pytest.mark.parametrize(
    ("function", "code", "sentence"),
    [
        ("nvmlDeviceGetHandleByIndex_v2", 15, "GPU 1 (unknown): it has fallen off the bus (GPU is lost)"),
        ("nvmlDeviceGetMemoryInfo_v2", 15, "GPU 1 (NVIDIA L4): it has fallen off the bus (GPU is lost)"),
        ("nvmlDeviceGetMigMode", 999, "GPU 1 (NVIDIA L4): NVML met an unknown internal error"),
        ("nvmlDeviceGetMemoryInfo_v2", 4, "GPU 1 (NVIDIA L4): NVML refuses this user (insufficient permissions)"),
        ("nvmlDeviceGetName", 16, "GPU 1 (unknown): it needs a reset before it works again"),
        ("nvmlDeviceGetName", 23, "GPU 1 (unknown): NVML cannot read it (fake error 23)"),
    ],
)
def test_a_fault_of_one_card_is_an_error_unless_the_card_is_hidden(machines, function, code, sentence):
    machine = SYSTEM + H100 + L4 + f"fail {function} {code}\n"
    assert machines.look(machine)["error"] == sentence
    assert machines.look(machine, CUDA_VISIBLE_DEVICES="1")["error"] == sentence
    answer = machines.look(machine, CUDA_VISIBLE_DEVICES="0")
    assert [gpu["name"] for gpu in answer["gpus"]] == ["NVIDIA H100 80GB HBM3"]
    fault = sentence.removeprefix("GPU 1 (").partition("): ")
    assert answer["notes"][-1] == f"GPU 1 ({fault[0]}) is hidden by CUDA_VISIBLE_DEVICES and has a fault: {fault[2]}"


def test_memory_shared_with_the_cpu_is_a_fault_that_points_to_gpu(machines):
    failing = "fail nvmlDeviceGetMemoryInfo_v2 3\nfail nvmlDeviceGetMemoryInfo 3\n"
    answer = machines.look(SYSTEM + "gpu NVIDIA GB10\nuuid GPU-6\ncapability 12 1\n" + failing)
    assert answer["error"] == "GPU 0 (NVIDIA GB10): NVML does not tell its memory, as with memory shared with the CPU"
    assert "--gpu" in answer["hint"]


@pytest.mark.parametrize(
    ("function", "field", "unknown"),
    [
        ("nvmlDeviceGetUUID", "uuid", None),
        ("nvmlDeviceGetCudaComputeCapability", "compute_capability", None),
        ("nvmlDeviceGetComputeRunningProcesses_v3", "processes", []),
    ],
)
def test_what_nvml_does_not_support_is_unknown_and_the_rest_stands(machines, function, field, unknown):
    whole = machines.look(SYSTEM + L4)["gpus"][0]
    part = machines.look(SYSTEM + L4 + f"fail {function} 3\n")
    assert part["notes"] == []
    assert part["gpus"][0][field] == unknown
    assert part["gpus"][0]["free_bytes"] == whole["free_bytes"]


def test_what_nvml_refuses_is_unknown_with_a_note(machines):
    answer = machines.look(SYSTEM + L4 + "fail nvmlDeviceGetComputeRunningProcesses_v3 4\n")
    assert answer["gpus"][0]["processes"] == []
    assert answer["notes"] == ["NVML did not answer nvmlDeviceGetComputeRunningProcesses: Insufficient Permissions"]


def test_versions_that_nvml_does_not_tell_are_unknown(machines):
    machine = "fail nvmlSystemGetDriverVersion 3\nfail nvmlSystemGetCudaDriverVersion_v2 3\n" + SYSTEM + L4
    answer = machines.look(machine)
    assert (answer["driver"], answer["cuda_driver"]) == (None, None)


@pytest.mark.parametrize(
    "machine",
    [
        SYSTEM + H100 + L4 + A100_CUT,
        SYSTEM + L4 + "fail nvmlDeviceGetMemoryInfo_v2 15\n",
        SYSTEM + L4 + "fail nvmlDeviceGetMigMode 17\n",
        "fail nvmlDeviceGetCount_v2 999\n" + SYSTEM,
    ],
)
def test_nvml_is_shut_down_whatever_happens(machines, machine):
    machines.log.unlink(missing_ok=True)
    machines.look(machine)
    assert machines.log.read_text(encoding="utf-8").split() == ["init", "shutdown"]


def test_a_described_gpu_asks_nothing_of_nvml(machines):
    machines.log.unlink(missing_ok=True)
    answer = machines.look(None, spec="2xL40S", CUDA_VISIBLE_DEVICES="")
    assert [gpu["name"] for gpu in answer["gpus"]] == ["L40S", "L40S"]
    assert not machines.log.exists()


def run_gpus(environment):
    command = [sys.executable, "-m", "swiftcfg", "gpus"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_missing_library_is_an_error_on_stderr_with_status_3(tmp_path):
    (tmp_path / "libnvidia-ml.so.1").write_text("not a library", encoding="utf-8")
    result = run_gpus(environment_with(tmp_path))
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == (
        "error: NVML (libnvidia-ml.so.1) is not installed here\n"
        "hint: install the NVIDIA driver, or pass the GPU to the container (docker --gpus all); "
        "to plan without NVML, describe the GPU with --gpu H100-80GB\n"
    )


def test_the_command_shows_the_machine(tmp_path):
    library = compile_library(tmp_path)
    (tmp_path / "machine").write_text(SYSTEM + L4, encoding="utf-8")
    environment = environment_with(library, FAKE_NVML=str(tmp_path / "machine"))
    environment.pop("CUDA_VISIBLE_DEVICES", None)
    result = run_gpus(environment)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.partition("  source")[0] == (
        "NVIDIA driver 550.54.15, CUDA 12.4\n"
        "\n"
        "GPU 0: NVIDIA L4 GPU-22222222-bbbb\n"
        "  NVML total   22.49 GiB, 0.45 GiB of it reserved by the driver\n"
        "  CUDA total   22.05 GiB (from 21.98 GiB to 22.05 GiB)\n"
        "  free         21.05 GiB\n"
        "  used         1.00 GiB\n"
        "  a context    0.47 GiB (from 0.33 GiB to 0.57 GiB)\n"
        "  capability   8.9\n"
        "  process      2147483646 (name unknown): 1.00 GiB\n"
        "  process      2147483647 (name unknown): an amount the driver does not tell\n"
    )

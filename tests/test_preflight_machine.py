"""The checks of cards, disks, limits and memory of the host before a start."""

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version
from planning import gpus
from preflights import told

from swiftcfg.preflight.cards import differences, old_driver
from swiftcfg.preflight.host import HostMemory, base_bytes, cache_bytes
from swiftcfg.preflight.host import judge as judge_memory
from swiftcfg.preflight.host import see as see_memory
from swiftcfg.preflight.limits import ProcessLimits
from swiftcfg.preflight.limits import judge as judge_limits
from swiftcfg.preflight.room import Disk, judge_disk, judge_shared_memory
from swiftcfg.units import GIB, MIB, Range

SHARED = "/dev/shm has 64 MiB free, and the queues of 2 workers take up to"  # noqa: S108  (in a sentence)


@pytest.mark.parametrize(
    ("packages", "driver", "built"),
    [
        ({"torch": "2.11.0+cu130"}, "12.8", "13.0"),
        ({"torch": "2.11.0+cu130"}, "13.0", None),
        ({"torch": "2.8.0+cu128"}, "12.4", None),
        ({"torch": "2.8.0", "nvidia-cuda-runtime-cu12": "12.8.90"}, "11.8", "12.8.90"),
        ({"torch": "2.11.0", "nvidia-cuda-runtime": "13.0.96"}, "12.8", "13.0.96"),
        ({"torch": "2.11.0"}, "12.8", None),
        ({"torch": "2.11.0+cu130"}, None, None),
    ],
)
def test_a_driver_older_than_the_cuda_of_torch_is_told(packages: dict[str, str], driver: str | None, built: str | None):
    found = [sentence for _, sentence in told(old_driver(packages, driver))]
    why = f"torch {packages['torch']} is built for CUDA {built}, and the driver is for CUDA {driver}: it is too old"
    assert found == ([why] if built else [])


def _of(amount: float) -> Range:
    return Range.exactly(int(amount))


def test_cards_must_be_as_many_and_as_large_as_planned():
    two, one, large = gpus("2xL40S"), gpus("L40S"), gpus("H100-80GB")
    assert told(differences(two, two)) == []
    assert told(differences(two, one)) == [("error", "the plan is for 2x L40S, and here is 1x L40S")]
    assert told(differences(one, ())) == [("error", "the plan is for 1x L40S, and here is no GPU")]
    (card,) = one
    less, much_less = ((replace(card, cuda_total=_of(card.cuda_total.low * share)),) for share in (0.98, 0.9))
    assert told(differences(one, less)) == []
    assert [severity for severity, _ in told(differences(one, much_less))] == ["error"]
    assert told(differences(one, large)) == [
        ("note", f"the plan is for L40S, and {large[0].name} serves, with at least its memory")
    ]
    ((severity, sentence),) = told(differences(large, one))
    assert (severity, sentence.split(" with ")[0]) == ("error", f"the plan is for {large[0].name}")


# --- the machine


@pytest.mark.parametrize(
    ("free", "expected"),
    [
        (64 * MIB, []),
        (3 * MIB, [("warning", "3 MiB are free for logs in /x, which may take 64 MiB")]),
        (0, [("error", "0 MiB are free for logs in /x, which may take 64 MiB")]),
        (None, [("note", "what is free for logs in /x is not known")]),
    ],
)
def test_a_disk_must_have_room(free: int | None, expected: list[tuple[str, str]]):
    assert told(judge_disk(Disk("/x", "logs", 64 * MIB, free))) == expected


@pytest.mark.parametrize(
    ("ranks", "vllm", "free", "expected"),
    [
        (2, "0.32.0", 8 * GIB, []),
        (2, "0.32.0", 664 * MIB, []),
        (
            2, "0.32.0", 64 * MIB,
            [("error", f"{SHARED} 664 MiB: vLLM refuses to start")],
        ),
        (
            2, "0.11.0", 64 * MIB,
            [
                ("warning", f"{SHARED} 384 MiB: vLLM dies with SIGBUS once they fill")
            ],
        ),
        (4, "0.8.5", None, [("error", "there is no /dev/shm")]),
    ],
)  # fmt: skip
def test_workers_of_vllm_share_memory(ranks: int, vllm: str, free: int | None, expected: list[tuple[str, str]]):
    assert told(judge_shared_memory(ranks, Version(vllm), free)) == expected


@pytest.mark.parametrize(
    ("limits", "on_cpu", "expected"),
    [
        (ProcessLimits(1024, None, None), False, []),
        (
            ProcessLimits(256, None, None), False,
            [("warning", "a process may open 256 files, and each connection is one")],
        ),
        (
            ProcessLimits(None, 8 * GIB, None), False,
            [("error", "a process may map 8.00 GiB of memory, and CUDA maps more than the card has")],
        ),
        (
            ProcessLimits(None, 8 * GIB, None), True,
            [("warning", "a process may map 8.00 GiB of memory, and PyTorch maps the weights")],
        ),
        (
            ProcessLimits(None, None, 5), True,
            [("warning", "a file may grow to 5 bytes; logs and downloads end there")],
        ),
    ],
)  # fmt: skip
def test_limits_that_a_server_would_inherit(limits: ProcessLimits, on_cpu: bool, expected: list[tuple[str, str]]):
    assert told(judge_limits(limits, on_cpu=on_cpu)) == expected


PROCESSES = base_bytes("vllm", 1, on_cpu=True)


def test_a_host_must_have_memory_for_all_that_the_server_holds():
    memory = HostMemory(8 * GIB, (("the control group /a", 6 * GIB),))
    parts = "2.60 GiB for the processes and 5.00 GiB for the weights"
    assert told(judge_memory(memory, {"the processes": 6 * GIB})) == []
    assert told(judge_memory(memory, {"the processes": PROCESSES, "the weights": 5 * GIB, "the KV cache": 0})) == [
        (
            "warning",
            f"the control group /a has 6.00 GiB of memory available, and the server takes about 7.60 GiB: {parts}",
        )
    ]
    assert [severity for severity, _ in told(judge_memory(memory, {"the weights": 7 * GIB}))] == ["error"]
    assert told(judge_memory(HostMemory(None), {})) == [("note", "what memory the host has is not known")]


def test_the_cache_on_the_cpu_is_what_a_variable_says():
    assert cache_bytes("vllm", {"VLLM_CPU_KVCACHE_SPACE": "4"}) == 4 * GIB
    assert cache_bytes("vllm", {}) == cache_bytes("transformers", {"VLLM_CPU_KVCACHE_SPACE": "4"}) == 0


def test_each_worker_has_memory_of_its_own():
    assert base_bytes("vllm", 2, on_cpu=True) - base_bytes("vllm", 1, on_cpu=True) == int(0.9 * GIB)
    assert base_bytes("transformers", 1, on_cpu=False) - base_bytes("transformers", 1, on_cpu=True) == GIB


def test_limits_of_containers_are_read_in_both_versions(tmp_path: Path):
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\nMemAvailable:   50 kB\n")
    (tmp_path / "cgroup").write_text("4:cpu,memory:/a\n0::/b/c\n")
    for folder, files in {
        "memory/a": {"memory.limit_in_bytes": "9223372036854771712", "memory.usage_in_bytes": "5"},
        "memory": {"memory.limit_in_bytes": "40000", "memory.usage_in_bytes": "10000",
                   "memory.stat": "total_inactive_file 4000\n"},
        "b/c": {"memory.max": "max", "memory.current": "5"},
        "b": {"memory.max": "30000", "memory.current": "31000", "memory.stat": "anon 3\ninactive_file 500\n"},
    }.items():  # fmt: skip
        for name, content in files.items():
            (tmp_path / "mounts" / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / "mounts" / folder / name).write_text(content)
    mounts = tmp_path / "mounts"
    assert see_memory(tmp_path / "meminfo", tmp_path / "cgroup", mounts) == HostMemory(
        51200, ((f"the control group {mounts}/memory", 34000), (f"the control group {mounts}/b", 0))
    )
    assert see_memory(tmp_path / "none", tmp_path / "none", mounts) == HostMemory(None)

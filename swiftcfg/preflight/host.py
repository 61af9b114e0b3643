"""Memory of the host: what is available here, under the limits of the container, and what loading takes of it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.units import GIB, gib
from swiftcfg.values import dataclass

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/proc/self/cgroup")
_MOUNTS = Path("/sys/fs/cgroup")
#: What a server's processes hold at rest beside the weights, measured with tiny models on the CPU, ms-swift 4.6.0 and
#: vLLM 0.32.0: 0.9 GiB with transformers; with vLLM 0.85 GiB + 0.85 GiB for the engine + 0.9 GiB a worker.
_TRANSFORMERS = int(0.9 * GIB)
_VLLM, _WORKER = int(1.7 * GIB), int(0.9 * GIB)
#: What a CUDA context keeps in the host's memory. Chosen.
_CONTEXT = GIB


@dataclass(frozen=True, slots=True)
class HostMemory:
    """What processes may still take: of the machine, and of each group of processes with a limit above them."""

    available: int | None
    groups: tuple[tuple[str, int], ...] = ()

    @property
    def least(self) -> tuple[str, int] | None:
        """The narrowest of all, and what it is called."""
        machine = (("this machine", self.available),) if self.available is not None else ()
        return min((*machine, *self.groups), key=lambda one: one[1], default=None)


def check_memory(known: Known) -> Iterator[Said]:
    model, ranks = known.facts.model, known.ranks
    held = {"the processes": base_bytes(known.backend, ranks, on_cpu=known.on_cpu is not None)}
    if known.on_cpu:
        weights = model.weights.total() if model and model.weights else 0
        held |= {"the weights": weights, "the KV cache": ranks * cache_bytes(known.backend, known.environment)}
    yield from judge(see(), held)


def judge(memory: HostMemory, held: Mapping[str, int]) -> Iterator[Said]:
    """What is to be said of the memory there is, given what the server holds, by what for.

    Weights are mapped from their files, so with a GPU they need no memory that could not be given back.
    """
    least = memory.least
    if least is None:
        yield Note("memory", "what memory the host has is not known")
        return
    name, available = least
    needs = sum(held.values())
    if available < needs:
        parts = " and ".join(f"{gib(amount)} for {what}" for what, amount in held.items() if amount)
        yield Problem(
            "memory",
            "error" if available < max(needs // 2, held.get("the weights", 0)) else "warning",
            f"{name} has {gib(available)} of memory available, and the server takes about {gib(needs)}: {parts}",
            "stop something else, or raise the container's limit: the kernel would kill the server",
        )


def base_bytes(backend: str, ranks: int, *, on_cpu: bool) -> int:
    """What the processes hold beside weights and cache."""
    own = _TRANSFORMERS if backend == "transformers" else _VLLM + ranks * _WORKER
    return own + (0 if on_cpu else ranks * _CONTEXT)


def cache_bytes(backend: str, environment: Mapping[str, str]) -> int:
    """The KV cache of one worker on the CPU, where a variable says it; else vLLM takes what it finds.

    VLLM_CPU_KVCACHE_SPACE is in GiB (vllm@0.32.0:vllm/envs.py).
    """
    text = environment.get("VLLM_CPU_KVCACHE_SPACE", "")
    return int(text) * GIB if backend == "vllm" and text.isdecimal() else 0


def see(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP, mounts: Path = _MOUNTS) -> HostMemory:
    """Read /proc/meminfo and the limits of every control group above this process."""
    return HostMemory(_available(_text(meminfo)), tuple(_groups(_text(cgroup), mounts)))


def _available(text: str) -> int | None:
    """MemAvailable of proc(5), in bytes."""
    line = next((line for line in text.splitlines() if line.startswith("MemAvailable:")), None)
    return int(line.split()[1]) * 1024 if line else None


def _groups(text: str, mounts: Path) -> Iterator[tuple[str, int]]:
    """Groups with a limit (linux@6.1:Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst)."""
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            yield from _limits(mounts, path, "memory.max", "memory.current", "inactive_file")
            yield from _limits(mounts / "unified", path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            yield from _limits(mounts / "memory", path, *names)


def _limits(mount: Path, path: str, limit: str, usage: str, given_back: str) -> Iterator[tuple[str, int]]:
    """From this group up to the root of what can be seen; file pages that nobody uses are given back."""
    own = mount / path.lstrip("/")
    for folder in (own, *own.parents):
        most, used = _number(folder / limit), _number(folder / usage)
        if most is not None and used is not None and most < _NO_LIMIT:
            cached = _stat(_text(folder / "memory.stat"), given_back)
            yield f"the control group {folder}", max(0, most - used + cached)
        if folder == mount:
            return


#: What version 1 shows where there is none: the largest whole number of pages.
_NO_LIMIT = 2**62


def _stat(text: str, name: str) -> int:
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} ")), 0)


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""

"""The GPUs of this machine, read through NVML; and the one entry for GPUs wherever they come from."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from swiftcfg import knowledge
from swiftcfg.gpu import Gpu, GpuInventory, GpuProcess
from swiftcfg.gpu_catalogue import GpuCatalogue
from swiftcfg.gpu_spec import parse_gpus
from swiftcfg.nvml_faults import (
    DEVICE_FAULTS,
    UNTOLD,
    WAY_OUT,
    GpuError,
    UntoldError,
    is_fatal,
    machine_error,
)
from swiftcfg.units import Bytes, Range
from swiftcfg.values import dataclass
from swiftcfg.visible_gpus import VISIBLE, Board, select_visible

#: What WSL2 has in place of the native driver's devices.
_WSL_DEVICE = Path("/dev/dxg")

#: What pynvml loads; without it there is nothing to ask (nvidia-ml-py@13.615.71:pynvml.py, _LoadNvmlLibrary).
_LIBRARY = "libnvidia-ml.so.1"

#: How long NVML may take where one can do without; a driver without persistence mode wakes a card for seconds.
NVML_PATIENCE_S = 1.0

T = TypeVar("T")
_Capability = tuple[int, int] | None


@cache
def gpu_catalogue() -> GpuCatalogue:
    """The shipped catalogue of cards."""
    return GpuCatalogue.of(knowledge.load("gpus.json"))


def find_gpus(spec: str | None, environment: Mapping[str, str]) -> GpuInventory:
    """The GPUs to plan for: those that ``--gpu`` describes, else those that CUDA would see on this machine.

    Raises InputError for a description that cannot be read, GpuError where NVML shows no usable GPU.
    """
    if spec is not None:
        return GpuInventory(parse_gpus(spec, gpu_catalogue()))
    return visible_inventory(read_machine(), environment)


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything NVML tells of this machine."""

    boards: tuple[Board, ...]
    driver: str | None
    cuda_driver: str | None
    notes: tuple[str, ...]


def visible_inventory(machine: Machine, environment: Mapping[str, str]) -> GpuInventory:
    """The GPUs that a CUDA program sees in this environment; raises GpuError where it could use none."""
    selection = select_visible(machine.boards, environment)
    for board in selection.boards:
        if board.fault:
            kind = UntoldError if board.fault == UNTOLD else GpuError
            raise kind(
                f"GPU {board.index} ({board.name}): {board.fault}",
                f"hide it by naming the others in {VISIBLE}, reset it or reboot", ", or describe the GPUs with --gpu",
            )  # fmt: skip
    if not selection.gpus:
        raise _nothing_visible(machine, environment, selection.notes)
    hidden = tuple(
        f"GPU {board.index} ({board.name}) is hidden by {VISIBLE} and has a fault: {board.fault}"
        for board in machine.boards
        if board.fault
    )
    return GpuInventory(selection.gpus, machine.driver, machine.cuda_driver, machine.notes + selection.notes + hidden)


def _nothing_visible(machine: Machine, environment: Mapping[str, str], notes: tuple[str, ...]) -> GpuError:
    if not machine.boards:
        return GpuError(
            "NVML finds no NVIDIA GPU on this machine", "look at nvidia-smi, and at the container's --gpus",
            "; or describe the GPU to plan for with --gpu H100-80GB",
        )  # fmt: skip
    if VISIBLE in environment:
        return GpuError(notes[0], f"unset or correct {VISIBLE}", ", or describe the GPU to plan for with --gpu")
    return GpuError(
        "MIG is on, but no GPU of this machine has an instance",
        "make one with `nvidia-smi mig -cgi <profile> -C`", ", or describe it with --gpu mig-3g.40gb",
    )  # fmt: skip


def read_machine() -> Machine:
    """Ask NVML for every card, whatever is visible. Raises GpuError where NVML itself fails."""
    import pynvml  # noqa: PLC0415  (--gpu needs none of it)

    with _session(pynvml):
        reader = _Reader(pynvml)
        driver = reader.optional(pynvml.nvmlSystemGetDriverVersion)
        cuda = reader.optional(pynvml.nvmlSystemGetCudaDriverVersion_v2)
        boards = tuple(reader.board(index) for index in range(pynvml.nvmlDeviceGetCount()))
        return Machine(
            boards, driver, cuda and f"{cuda // 1000}.{cuda % 1000 // 10}", tuple(dict.fromkeys(reader.notes))
        )


def machine_within(seconds: float) -> Machine:
    """The same, for those who can do without: raises GpuError where there is no NVML or it is slow."""
    import ctypes  # noqa: PLC0415

    from swiftcfg.patience import answer_within  # noqa: PLC0415

    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        raise GpuError("there is no NVML on this machine", "install the NVIDIA driver", f"; {WAY_OUT}") from None
    try:
        return answer_within(seconds, read_machine)
    except TimeoutError:
        raise UntoldError(f"NVML did not answer within {seconds:g} s", "look at nvidia-smi", f"; {WAY_OUT}") from None
    except BlockingIOError as error:
        raise UntoldError(f"NVML cannot be asked: {error.strerror}", "look at: ulimit -u", f"; {WAY_OUT}") from None


def machine_or_fault(seconds: float) -> Machine | GpuError:
    """What NVML tells within that time; or why it tells nothing."""
    try:
        return machine_within(seconds)
    except GpuError as error:
        return error.with_traceback(None)


@contextmanager
def _session(pynvml: Any) -> Iterator[None]:
    """NVML between init and shutdown; its errors leave as GpuError."""
    try:
        pynvml.nvmlInit()
        try:
            yield
        finally:
            with suppress(pynvml.NVMLError):
                pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        raise machine_error(error.value, str(error)) from None


@dataclass
class _Reader:
    """Reads card after card and keeps notes on what NVML would not tell."""

    pynvml: Any
    notes: list[str] = field(default_factory=list)
    wsl: bool = field(default_factory=_WSL_DEVICE.exists)

    def optional(self, ask: Callable[..., T], *arguments: Any) -> T | None:
        """The answer, or None where NVML does not have it; a fault of the card or the driver is raised."""
        try:
            return ask(*arguments)
        except self.pynvml.NVMLError as error:
            if is_fatal(error.value):
                raise
            if error.value not in (self.pynvml.NVML_ERROR_NOT_SUPPORTED, self.pynvml.NVML_ERROR_FUNCTION_NOT_FOUND):
                self.notes.append(f"NVML did not answer {ask.__name__}: {error}")
            return None

    def board(self, index: int) -> Board:
        """One card; a card that cannot be read becomes a board with a fault, so that the others stay usable."""
        name, uuid = "unknown", None
        try:
            handle = self.pynvml.nvmlDeviceGetHandleByIndex(index)
            name = self.pynvml.nvmlDeviceGetName(handle)
            uuid = self.optional(self.pynvml.nvmlDeviceGetUUID, handle)
            capability = self.optional(self.pynvml.nvmlDeviceGetCudaComputeCapability, handle)
            if not self._is_cut(handle):
                return Board(index, name, (self.gpu(handle, index, capability),), uuid=uuid)
            instances = enumerate(self._instances(handle))
            gpus = tuple(self.gpu(each, index, capability, number) for number, each in instances)
            return Board(index, name, gpus, cut=True, uuid=uuid)
        except self.pynvml.NVMLError as error:
            if is_fatal(error.value) and error.value not in DEVICE_FAULTS:
                raise
            fault = DEVICE_FAULTS.get(error.value, f"NVML cannot read it ({error})")
            return Board(index, name, (), uuid=uuid, fault=fault)

    def _is_cut(self, handle: Any) -> bool:
        mode = self.optional(self.pynvml.nvmlDeviceGetMigMode, handle)
        return bool(mode and mode[0] == self.pynvml.NVML_DEVICE_MIG_ENABLE)

    def _instances(self, handle: Any) -> Iterator[Any]:
        for slot in range(self.pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
            with suppress(self.pynvml.NVMLError_NotFound):
                yield self.pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, slot)

    def gpu(self, handle: Any, index: int, capability: _Capability, instance: int | None = None) -> Gpu:
        """A card, or an instance of one."""
        mig = instance is not None
        total, free, reserved = self._memory(handle)
        context = gpu_catalogue().contexts["wsl"] if self.wsl else gpu_catalogue().context(capability, mig=mig)
        cuda_total, why = self._cuda_total(total, reserved)
        return Gpu(
            name=self.pynvml.nvmlDeviceGetName(handle),
            nvml_total=Bytes(total),
            cuda_total=cuda_total,
            context=context.size,
            used=Bytes(max(0, total - (reserved or 0) - free)),
            source=f"NVML; CUDA total: {why}; context: {context.source}",
            compute_capability=capability,
            index=index,
            uuid=self.optional(self.pynvml.nvmlDeviceGetUUID, handle),
            mig=mig,
            processes=self._processes(handle),
            reserved=None if reserved is None else Bytes(reserved),
            instance=instance,
        )

    def _memory(self, handle: Any) -> tuple[int, int, int | None]:
        """Total, free, reserved; not used, which counts the reserved part or does not, by version and driver."""
        nvml = self.pynvml
        try:
            memory = nvml.nvmlDeviceGetMemoryInfo(handle, version=nvml.nvmlMemory_v2)
        except (nvml.NVMLError_FunctionNotFound, nvml.NVMLError_ArgumentVersionMismatch, nvml.NVMLError_NotSupported):
            memory = self.pynvml.nvmlDeviceGetMemoryInfo(handle)
            self.notes.append("this driver does not tell the memory it reserves: CUDA's total is an estimate")
            return memory.total, memory.free, None
        return memory.total, memory.free, memory.reserved

    def _cuda_total(self, total: int, reserved: int | None) -> tuple[Range, str]:
        catalogue = gpu_catalogue()
        if self.wsl:
            return Range(total - (reserved or 0), total, total), "the whole NVML total, as WSL2 shows it"
        if reserved is None:
            return catalogue.old_driver_cuda_total(total), "NVML total of a driver that leaves the reserved part out"
        return catalogue.unreserved_cuda_total(total - reserved), "NVML total less reserved"

    def _processes(self, handle: Any) -> tuple[GpuProcess, ...]:
        running = self.optional(self.pynvml.nvmlDeviceGetComputeRunningProcesses, handle) or []
        return tuple(GpuProcess(one.pid, one.usedGpuMemory, _process_name(one.pid)) for one in running)


def _process_name(pid: int) -> str | None:
    """The short name of a process, or None where it is gone or in another namespace."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip() or None
    except OSError:
        return None

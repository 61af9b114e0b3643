"""Gpu: one device as NVML reports it, as the catalogue knows it, or as ``--gpu`` describes it."""

from swiftcfg.units import Bytes, Range
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process that holds memory on a device; ``used`` is None where the driver does not tell."""

    pid: int
    used: Bytes | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Gpu:
    """One device (or MIG instance) that one rank of a deployment can have to itself.

    ``nvml_total`` is what nvidia-smi prints. ``cuda_total`` is what cudaMemGetInfo calls total, the
    base of vLLM's utilisation; it is smaller, and known only within a range for some cards.
    ``context`` is what one CUDA context takes there. ``used`` is what other processes hold now.
    ``reserved`` is what the driver keeps for itself, where NVML tells it; no process counts it as used.
    ``instance`` counts the MIG instances of one card, from 0; where CUDA is shown the card it takes that one.
    """

    name: str
    nvml_total: Bytes
    cuda_total: Range
    context: Range
    used: Bytes
    source: str
    compute_capability: tuple[int, int] | None = None
    index: int | None = None
    uuid: str | None = None
    mig: bool = False
    processes: tuple[GpuProcess, ...] = ()
    reserved: Bytes | None = None
    instance: int | None = None

    def free_before_context(self) -> Range:
        """What CUDA would report as free before this process makes its context."""
        return Range(
            *(max(0, total - self.used) for total in (self.cuda_total.low, self.cuda_total.best, self.cuda_total.high))
        )


@dataclass(frozen=True, slots=True)
class GpuInventory:
    """The GPUs to plan for, and what is worth knowing about how they were found."""

    gpus: tuple[Gpu, ...]
    driver: str | None = None
    cuda_driver: str | None = None
    notes: tuple[str, ...] = ()

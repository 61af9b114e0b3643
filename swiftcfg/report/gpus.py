"""GPUs as text and as JSON."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from swiftcfg.gpu import Gpu, GpuInventory
from swiftcfg.gpu_catalogue import Card, GpuCatalogue
from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import table
from swiftcfg.units import Range, gib

SCHEMA_VERSION = 1


def gpus_text(inventory: GpuInventory) -> str:
    """Each GPU with its amounts; equal ones once, with their number."""
    lines = [*_software(inventory)]
    for gpu, equal in groupby(inventory.gpus):
        lines += ["", *_gpu_lines(gpu, len(list(equal)))]
    lines += ["", *(f"note: {note}" for note in inventory.notes)] if inventory.notes else []
    return "\n".join(lines).lstrip("\n") + "\n"


def gpus_json(inventory: GpuInventory) -> str:
    return _json(gpus_data(inventory))


def gpus_data(inventory: GpuInventory) -> dict[str, Any]:
    """The inventory as plain values; every amount is in bytes."""
    return {
        "schema_version": SCHEMA_VERSION,
        "driver": inventory.driver,
        "cuda_driver": inventory.cuda_driver,
        "gpus": [_gpu_json(gpu) for gpu in inventory.gpus],
        "notes": list(inventory.notes),
    }


def cards_text(catalogue: GpuCatalogue) -> str:
    """The catalogue as a table: name, both totals, compute capability, MIG profiles."""
    head = ("name", "NVML total", "CUDA total", "capability", "MIG profiles")
    rows = [head, *(_card_row(card, catalogue) for card in catalogue.cards)]
    return "\n".join((*table(rows), "", "~ derived from the NVML total", ""))


def cards_json(catalogue: GpuCatalogue) -> str:
    cards = [_card_json(card, catalogue) for card in catalogue.cards]
    return _json({"schema_version": SCHEMA_VERSION, "cards": cards})


def _json(data: dict[str, Any]) -> str:
    return as_json(data)


def _software(inventory: GpuInventory) -> Iterator[str]:
    if inventory.driver:
        cuda = f", CUDA {inventory.cuda_driver}" if inventory.cuda_driver else ""
        yield f"NVIDIA driver {inventory.driver}{cuda}"


def _gpu_lines(gpu: Gpu, count: int) -> Iterable[str]:
    head = [f"{count} x" if count > 1 else "", f"GPU {gpu.index}:" if gpu.index is not None else "", gpu.name]
    head += [gpu.uuid or "", "(MIG instance)" if gpu.mig else ""]
    yield " ".join(filter(None, head))
    reserved = f", {gib(gpu.reserved)} of it reserved by the driver" if gpu.reserved is not None else ""
    yield f"  NVML total   {gib(gpu.nvml_total)}{reserved}"
    yield f"  CUDA total   {_range_text(gpu.cuda_total)}"
    yield f"  free         {gib(gpu.free_before_context().best)}"
    yield f"  used         {gib(gpu.used)}"
    yield f"  a context    {_range_text(gpu.context)}"
    if gpu.compute_capability:
        yield "  capability   {}.{}".format(*gpu.compute_capability)
    for process in gpu.processes:
        used = "an amount the driver does not tell" if process.used is None else gib(process.used)
        yield f"  process      {process.pid} {process.name or '(name unknown)'}: {used}"
    yield f"  source       {gpu.source}"


def _range_text(amounts: Range) -> str:
    if amounts.low == amounts.high:
        return gib(amounts.best)
    return f"{gib(amounts.best)} (from {gib(amounts.low)} to {gib(amounts.high)})"


def _range_json(amounts: Range) -> dict[str, int]:
    return {"low": amounts.low, "best": amounts.best, "high": amounts.high}


def _capability_json(capability: tuple[int, int] | None) -> str | None:
    return None if capability is None else "{}.{}".format(*capability)


def _gpu_json(gpu: Gpu) -> dict[str, Any]:
    return {
        "name": gpu.name,
        "uuid": gpu.uuid,
        "index": gpu.index,
        "mig": gpu.mig,
        "total_bytes": gpu.nvml_total,
        "reserved_bytes": gpu.reserved,
        "free_bytes": gpu.free_before_context().best,
        "used_bytes": gpu.used,
        "cuda_total": _range_json(gpu.cuda_total),
        "context": _range_json(gpu.context),
        "compute_capability": _capability_json(gpu.compute_capability),
        "processes": [
            {"pid": process.pid, "used_bytes": process.used, "name": process.name} for process in gpu.processes
        ],
        "source": gpu.source,
    }


def _card_row(card: Card, catalogue: GpuCatalogue) -> tuple[str, ...]:
    derived = "" if card.cuda_total else "~"
    return (
        card.name,
        gib(card.nvml_total),
        f"{derived}{gib(catalogue.cuda_total(card).best)}",
        "{}.{}".format(*card.compute_capability),
        " ".join(instance.profile for instance in card.instances),
    )


def _card_json(card: Card, catalogue: GpuCatalogue) -> dict[str, Any]:
    return {
        "name": card.name,
        "spellings": list(card.spellings),
        "family": card.family,
        "products": list(card.products),
        "total_bytes": card.nvml_total,
        "cuda_total": _range_json(catalogue.cuda_total(card)),
        "cuda_total_derived": card.cuda_total is None,
        "compute_capability": _capability_json(card.compute_capability),
        "mig": {instance.profile: _range_json(instance.memory) for instance in card.instances},
        "source": card.source,
    }

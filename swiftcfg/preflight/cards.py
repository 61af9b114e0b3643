"""The cards now: what NVML sees, who holds their memory, and whether they are those that were planned for.

Whether the account closes on them is what the rules say, which are run on these cards; see written.py.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from packaging.version import Version

from swiftcfg.gpu import Gpu, GpuInventory
from swiftcfg.nvml import visible_inventory
from swiftcfg.nvml_faults import GpuError, UntoldError
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.rules.replan import processes_in_words
from swiftcfg.units import MIB, gib
from swiftcfg.visible_gpus import ORDER, VISIBLE

_CUDA_BUILD = re.compile(r"\+cu(?P<major>\d\d)(?P<minor>\d)")
#: The runtime's wheels: from CUDA 13 on without its number (https://pypi.org/project/nvidia-cuda-runtime/).
_CUDA_RUNTIMES = ("nvidia-cuda-runtime", "nvidia-cuda-runtime-cu12", "nvidia-cuda-runtime-cu11")
#: Cards of one name differ by what driver and error correction keep; whether a plan still fits the rules judge. Chosen.
_ALIKE = 0.97
#: A desktop or a monitor holds less. Chosen.
_WORTH = 512 * MIB
#: Kinds of cards that NVML knows nothing of, by the mark in the version of torch.
_OTHER_CARDS = (("ROCm", "+rocm"), ("Ascend", "+npu"), ("Intel", "+xpu"))
#: vLLM takes each entry for a whole number (vllm@0.8.5 to 0.23.0:vllm/platforms/interface.py,
#: device_id_to_physical_device_id; https://github.com/vllm-project/vllm/issues/41848); from here on it asks NVML for
#: the number of what a UUID names (vllm@0.24.0:vllm/platforms/cuda.py:722-727). Of a MIG instance that is its place on
#: its card, where vLLM expects the number of a card.
_VLLM_KNOWS_UUIDS = Version("0.24.0")


def check_gpus(known: Known) -> Iterator[Said]:
    if known.on_cpu:
        yield Note("gpus", f"serves on the CPU ({known.on_cpu}): no GPU is looked at")
        return
    try:
        inventory = _inventory(known)
    except GpuError as error:
        yield _unseen(known, error)
        return
    yield from _misnamed(known)
    yield from old_driver(known.packages, inventory.cuda_driver)
    yield from (Note("gpus", note) for note in inventory.notes)
    if known.subject.plan:
        yield from differences(known.subject.plan.gpus, inventory.gpus)
    elif known.subject.given.gpu:
        yield Note("gpus", f"judged by what NVML sees here, {_named(inventory.gpus)}, not by --gpu")
    yield from _missing(known, inventory.gpus)
    yield from holders(inventory.gpus[: known.ranks])


def _inventory(known: Known) -> GpuInventory:
    if isinstance(known.machine, GpuError):
        raise known.machine
    return visible_inventory(known.machine, known.environment)


def _unseen(known: Known, error: GpuError) -> Said:
    torch = known.packages.get("torch", "")
    other = next((name for name, mark in _OTHER_CARDS if mark in torch), None)
    if other:
        return Note("gpus", f"torch {torch} is a build for {other}, whose cards are not looked at")
    if isinstance(error, UntoldError):
        judged = ", but by --gpu" if known.subject.given.gpu else ""
        return Problem("gpus", "warning", f"{error.sentence}: what is free there is not judged{judged}", error.remedy)
    if known.backend == "transformers":
        return Problem("gpus", "warning", f"{error.sentence}: the server may compute on the CPU", error.remedy)
    alone = f": {known.backend} has no GPU to start on" if error is known.machine else ""
    return Problem("gpus", "error", f"{error.sentence}{alone}", error.remedy)


def _misnamed(known: Known) -> Iterator[Problem]:
    """Cards that are named in a way that CUDA understands and the installed vLLM does not."""
    vllm = known.subject.runtime.vllm
    if known.backend != "vllm" or vllm is None:
        return
    listed = known.environment.get(VISIBLE, "")
    for entry in _unknown_to_vllm(listed, vllm):
        old = vllm < _VLLM_KNOWS_UUIDS
        does = "takes every entry for a number and ends" if old else "takes the instance's number for that of a card"
        yield Problem(
            "gpus", "error" if old else "warning", f"{VISIBLE} names {entry}, and vLLM {vllm} {does}",
            f"name cards by number, with {ORDER}=PCI_BUS_ID; of a card that is cut, CUDA takes the first instance, and "
            f"a container that is given one instance has no other",
        )  # fmt: skip


def _unknown_to_vllm(listed: str, vllm: Version) -> tuple[str, ...]:
    """The entries of CUDA_VISIBLE_DEVICES that this vLLM does not understand, though CUDA does."""
    known = ("GPU-",) if vllm >= _VLLM_KNOWS_UUIDS else ()
    entries = (entry.strip() for entry in listed.split(","))
    return tuple(entry for entry in entries if entry.startswith(("GPU-", "MIG-")) and not entry.startswith(known))


def old_driver(packages: Mapping[str, str], driver: str | None) -> Iterator[Problem]:
    """A driver serves every CUDA of its own major version (https://docs.nvidia.com/deploy/cuda-compatibility/).

    No error: a container may bring the libraries that make an older one do.
    """
    built = _cuda_of(packages)
    if driver and built and int(driver.partition(".")[0]) < int(built.partition(".")[0]):
        yield Problem(
            "gpus", "warning",
            f"torch {packages['torch']} is built for CUDA {built}, and the driver is for CUDA {driver}: it is too old",
            "install a newer driver, or a torch for an older CUDA",
        )  # fmt: skip


def _cuda_of(packages: Mapping[str, str]) -> str | None:
    """What torch is built for: its version says so (``2.8.0+cu128``), or the CUDA runtime that pip brought with it."""
    match = _CUDA_BUILD.search(packages.get("torch", ""))
    if match:
        return f"{match['major']}.{match['minor']}"
    return next((packages[name] for name in _CUDA_RUNTIMES if name in packages), None) if "torch" in packages else None


def _missing(known: Known, seen: Sequence[Gpu]) -> Iterator[Problem]:
    """A single card that is to be several; of more cards, and of those that the call names, PAR002 tells."""
    needed = known.ranks * known.facts.settings.data_parallel_size
    if len(seen) == 1 < needed and known.subject.plan is None and known.config.variable(VISIBLE) is None:
        yield Problem(
            "gpus", "error", f"the call needs {needed} cards, and {shown(seen[0])} is the only one that CUDA would see",
            "split it over as many cards as there are, or look at nvidia-smi, CUDA_VISIBLE_DEVICES and the container's "
            "--gpus",
        )  # fmt: skip


def differences(planned: Sequence[Gpu], seen: Sequence[Gpu]) -> Iterator[Said]:
    """What the cards lack of those that the plan was made for; a server takes the first ones it sees."""
    if len(seen) < len(planned):
        yield Problem("gpus", "error", f"the plan is for {_named(planned)}, and here is {_named(seen)}", _PLAN_AGAIN)
        return
    for wanted, there in zip(planned, seen, strict=False):
        if there.cuda_total.best < wanted.cuda_total.low * _ALIKE:
            yield Problem(
                "gpus", "error",
                f"the plan is for {wanted.name} with {gib(wanted.cuda_total.best)}, and {shown(there)} has "
                f"{gib(there.cuda_total.best)}", _PLAN_AGAIN,
            )  # fmt: skip
        elif there.compute_capability != wanted.compute_capability:
            yield Note("gpus", f"the plan is for {wanted.name}, and {shown(there)} serves, with at least its memory")


_PLAN_AGAIN = "plan for these cards: leave --gpu out"


def holders(gpus: Sequence[Gpu]) -> Iterator[Note]:
    """Who holds memory of the cards that the server would use."""
    for gpu in gpus:
        if gpu.used >= _WORTH:
            who = ", ".join(processes_in_words((gpu,))) or "NVML does not show by whom"
            yield Note("gpus", f"{gib(gpu.used)} of {shown(gpu)} are held now: {who}")


def shown(gpu: Gpu) -> str:
    return gpu.name if gpu.index is None else f"GPU {gpu.index} ({gpu.name})"


def _named(gpus: Sequence[Gpu]) -> str:
    names = dict.fromkeys(gpu.name for gpu in gpus)
    return " and ".join(f"{sum(gpu.name == name for gpu in gpus)}x {name}" for name in names) or "no GPU"

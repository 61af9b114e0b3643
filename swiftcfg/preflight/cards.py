"""The cards now: what NVML sees, who holds their memory, and whether they are those that were planned for.

Whether the account closes on them is what the rules say, which are run on these cards; see written.py.
"""

from collections.abc import Iterator, Sequence

from swiftcfg.errors import MachineError
from swiftcfg.gpu import Gpu
from swiftcfg.nvml import visible_inventory
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.rules.replan import processes_in_words
from swiftcfg.units import MIB, gib

#: A desktop or a monitor holds less.
_WORTH = 512 * MIB
#: Kinds of cards that NVML knows nothing of, by the mark in the version of torch.
_OTHER_CARDS = (("ROCm", "+rocm"), ("Ascend", "+npu"), ("Intel", "+xpu"))


def check_gpus(known: Known) -> Iterator[Said]:
    if known.on_cpu:
        yield Note("gpus", f"serves on the CPU ({known.on_cpu}): no GPU is looked at")
        return
    if isinstance(known.machine, str):
        yield _unseen(known, known.machine)
        return
    try:
        inventory = visible_inventory(known.machine, known.environment)
    except MachineError as error:
        yield Problem("gpus", "error", error.sentence, error.hint)
        return
    yield from (Note("gpus", note) for note in inventory.notes)
    if known.subject.plan:
        yield from differences(known.subject.plan.gpus, inventory.gpus)
    elif known.subject.given.gpu:
        yield Note("gpus", f"judged by what NVML sees here, {_named(inventory.gpus)}, not by --gpu")
    yield from holders(inventory.gpus[: known.ranks])


def _unseen(known: Known, why: str) -> Said:
    torch = known.packages.get("torch", "")
    why = why.removesuffix(": give --gpu")
    other = next((name for name, mark in _OTHER_CARDS if mark in torch), None)
    if other:
        return Note("gpus", f"torch {torch} is a build for {other}, whose cards are not looked at")
    if known.backend == "transformers":
        return Problem("gpus", "warning", f"{why}: the server would compute on the CPU", "look at nvidia-smi")
    return Problem("gpus", "error", f"{why}: {known.backend} has no GPU to start on", "look at nvidia-smi")


def differences(planned: Sequence[Gpu], seen: Sequence[Gpu]) -> Iterator[Said]:
    """What the cards lack of those that the plan was made for; a server takes the first ones it sees."""
    if len(seen) < len(planned):
        yield Problem("gpus", "error", f"the plan is for {_named(planned)}, and here is {_named(seen)}", _PLAN_AGAIN)
        return
    for wanted, there in zip(planned, seen, strict=False):
        if there.cuda_total.best < wanted.cuda_total.low:
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

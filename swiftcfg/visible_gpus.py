"""Which GPUs a CUDA program sees under CUDA_VISIBLE_DEVICES.

The rules are those of the CUDA programming guide, "CUDA Environment Variables", and for what it leaves
open those of torch (torch@2.13.0:torch/cuda/__init__.py, _parse_visible_devices): an entry that names no
GPU ends the list, an entry given twice empties it, and a number may be followed by other text.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from swiftcfg.gpu import Gpu
from swiftcfg.values import dataclass

VISIBLE = "CUDA_VISIBLE_DEVICES"
ORDER = "CUDA_DEVICE_ORDER"

_INDEX = re.compile(r"[+-]?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Board:
    """One card as NVML numbers it: itself where it serves whole, its instances where it is cut by MIG.

    ``gpus`` is empty where neither can be used, and ``fault`` then says why.
    """

    index: int
    name: str
    gpus: tuple[Gpu, ...]
    cut: bool = False
    uuid: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The GPUs that are visible, the boards that they are on, and what to tell about the choice."""

    gpus: tuple[Gpu, ...]
    boards: tuple[Board, ...]
    notes: tuple[str, ...] = ()


def select_visible(boards: Sequence[Board], environment: Mapping[str, str]) -> Selection:
    """The part of a machine that a CUDA program sees in this environment."""
    listed = environment.get(VISIBLE)
    if listed is None:
        gpus = tuple(gpu for board in boards for gpu in board.gpus)
        return Selection(gpus, tuple(boards), (*_order_notes(boards, environment), *_mig_notes(gpus)))
    if listed.startswith("GPU-"):
        return _selected(listed, listed.split(","), lambda entry: _by_uuid(entry, boards))
    if listed.startswith("MIG-"):
        return _selected(listed, listed.split(","), lambda entry: _by_instance(entry, boards))
    entries = [entry.strip() for entry in listed.split(",")]
    selection = _selected(listed, entries, lambda entry: _by_index(entry, boards))
    order = _order_notes(boards, environment) if selection.gpus else ()
    return Selection(selection.gpus, selection.boards, (*selection.notes, *order))


#: What one entry stands for: the board, and the GPU on it (None where the board has a fault).
_Found = tuple[Board, Gpu | None]


def _selected(listed: str, entries: list[str], find: Callable[[str], _Found | None]) -> Selection:
    if not listed:
        return Selection((), (), (f"{VISIBLE} is empty, and CUDA then shows no GPU",))
    found: list[_Found] = []
    notes: list[str] = []
    for entry in entries:
        one = find(entry)
        if one is None:
            notes.append(f"{VISIBLE}={listed}: {entry!r} names no GPU here, and CUDA ignores it and what follows it")
            break
        if one in found:
            return Selection((), (), (f"{VISIBLE}={listed}: {entry!r} is given twice, and CUDA then shows no GPU",))
        found.append(one)
    boards = tuple(dict.fromkeys(board for board, _ in found))
    return Selection(tuple(gpu for _, gpu in found if gpu), boards, tuple(notes))


def _by_index(entry: str, boards: Sequence[Board]) -> _Found | None:
    """A number is NVML's index; of a card that is cut, CUDA takes the first instance."""
    number = _INDEX.match(entry)
    board = next((board for board in boards if number and board.index == int(number.group())), None)
    if board is None or not (board.gpus or board.fault):
        return None
    return board, board.gpus[0] if board.gpus else None


def _by_uuid(entry: str, boards: Sequence[Board]) -> _Found | None:
    """The beginning of a card's UUID is enough where only one card has it."""
    matches = [board for board in boards if entry.startswith("GPU-") and (board.uuid or "").startswith(entry)]
    if len(matches) != 1 or not (matches[0].gpus or matches[0].fault):
        return None
    return matches[0], matches[0].gpus[0] if matches[0].gpus else None


def _by_instance(entry: str, boards: Sequence[Board]) -> _Found | None:
    matches = [
        (board, gpu)
        for board in boards
        if board.cut
        for gpu in board.gpus
        if entry.startswith("MIG-") and (gpu.uuid or "").startswith(entry)
    ]
    return matches[0] if len(matches) == 1 else None


def order_in_doubt(boards: Sequence[Board], environment: Mapping[str, str]) -> bool:
    """CUDA numbers the fastest first unless told otherwise, NVML numbers by PCI address."""
    by_uuid = environment.get(VISIBLE, "").startswith(("GPU-", "MIG-"))
    return not by_uuid and environment.get(ORDER) != "PCI_BUS_ID" and len({board.name for board in boards}) > 1


def _order_notes(boards: Sequence[Board], environment: Mapping[str, str]) -> tuple[str, ...]:
    if not order_in_doubt(boards, environment):
        return ()
    note = (
        f"the GPUs differ and {ORDER} is not PCI_BUS_ID: CUDA may number them in another order than shown here; "
        f"set {ORDER}=PCI_BUS_ID"
    )
    return (note,)


def _mig_notes(gpus: Sequence[Gpu]) -> tuple[str, ...]:
    if len(gpus) > 1 and any(gpu.mig for gpu in gpus):
        return (f"a process can use one MIG instance only, and CUDA takes the first unless {VISIBLE} names another",)
    return ()

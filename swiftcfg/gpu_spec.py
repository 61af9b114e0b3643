"""Read what people write after ``--gpu``: ``H100-80GB``, ``2xL40S,used=3GiB``, ``mig-3g.40gb``, ``4x24GiB``.

::

    spec   = part {"+" part}
    part   = [count "x"] what {"," option}
    what   = name of the catalogue | [name "/"] "mig-" profile | amount of memory as nvidia-smi prints it
    option = "free=" amount | "used=" amount | "cuda=" amount      (each of every card of the part)
"""

import difflib
import re
from dataclasses import replace

from swiftcfg.errors import InputError
from swiftcfg.gpu import Gpu
from swiftcfg.gpu_catalogue import Card, GpuCatalogue, Instance, plain_name
from swiftcfg.units import GIB, Bytes, Range, gib, parse_bytes
from swiftcfg.values import dataclass

#: More than any machine has; a bound, so that a slip of the finger does not fill memory.
MOST_CARDS = 1024

_FORMS = "write a card such as H100-80GB, 2xL40S or mig-3g.40gb, or its memory such as 4x24GiB"
_COUNTED = re.compile(r"([0-9]+)\s*[x*]\s*(\S.*)", re.IGNORECASE)
_AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?\s*([kmgt]i?b|b)", re.IGNORECASE)
#: ``A100-80GB/mig-3g.40gb``, ``mig-3g.40gb``, ``3g.40gb``, NVML's ``… MIG 1c.3g.40gb``; ``+me`` changes no memory.
_MIG = re.compile(
    r"(?:(?P<card>.+?)[\s/-]+)??(?:mig[\s-]*)?(?:[0-9]+c\.)?(?P<profile>[0-9]+g\.[0-9]+gb)(?:[+-](?:me|gfx)[a-z.]*)?",
    re.IGNORECASE,
)
#: A ``+`` between parts, not the one of MIG's ``1g.10gb+me``.
_PLUS = re.compile(r"\+(?!\s*(?:me|gfx)\b)", re.IGNORECASE)


def parse_gpus(text: str, catalogue: GpuCatalogue) -> tuple[Gpu, ...]:
    """The GPUs that ``--gpu`` text describes, in its order. Raises InputError."""
    parts = [part.strip() for part in _PLUS.split(text)]
    if not all(parts):
        raise InputError(f"{text!r} describes no GPU", _FORMS)
    gpus = tuple(gpu for part in parts for gpu in _part(part, catalogue))
    if len(gpus) > MOST_CARDS:
        raise InputError(f"{text!r} is {len(gpus)} GPUs", f"the most is {MOST_CARDS}")
    return gpus


def _part(text: str, catalogue: GpuCatalogue) -> tuple[Gpu, ...]:
    what, *options = (piece.strip() for piece in text.split(","))
    counted = _COUNTED.fullmatch(what)
    count = int(counted.group(1)[:9]) if counted else 1
    if not 1 <= count <= MOST_CARDS:
        amount = count if count < 10**8 else "far too many"
        raise InputError(f"{text!r} is {amount} GPUs", f"write a number from 1 to {MOST_CARDS} before the x")
    gpu = _state(_describe(counted.group(2) if counted else what, catalogue), options)
    return (gpu,) * count


def _describe(what: str, catalogue: GpuCatalogue) -> Gpu:
    if _AMOUNT.fullmatch(what):
        return _amount_gpu(what, catalogue)
    mig = _MIG.fullmatch(what)
    if mig:
        return _instance_gpu(mig.group("card"), mig.group("profile").lower(), catalogue)
    cards = catalogue.named(what)
    if not cards:
        raise InputError(f"there is no GPU called {what!r} in the catalogue", _nearest(what, catalogue))
    if len(cards) > 1:
        raise InputError(f"{what!r} is the name of several GPUs", _choices(cards))
    return card_gpu(cards[0], catalogue)


def card_gpu(card: Card, catalogue: GpuCatalogue) -> Gpu:
    """A whole card of the catalogue, with nothing on it."""
    context = catalogue.context(card.compute_capability)
    derived = "" if card.cuda_total else "; CUDA total derived from the NVML total"
    return Gpu(
        name=card.name,
        nvml_total=card.nvml_total,
        cuda_total=catalogue.cuda_total(card),
        context=context.size,
        used=Bytes(0),
        source=f"catalogue: {card.source}{derived}; context: {context.source}",
        compute_capability=card.compute_capability,
    )


def _amount_gpu(text: str, catalogue: GpuCatalogue) -> Gpu:
    total = parse_bytes(text)
    if total < GIB:
        raise InputError(f"{text!r} is less memory than any GPU that serves has", "check the unit: GiB or GB")
    context = catalogue.context(None)
    return Gpu(
        name=text.replace(" ", ""),
        nvml_total=total,
        cuda_total=catalogue.derived_cuda_total(total),
        context=context.size,
        used=Bytes(0),
        source=f"--gpu {text}, taken as the NVML total; CUDA total derived from it; context: {context.source}",
    )


def _instance_gpu(card_name: str | None, profile: str, catalogue: GpuCatalogue) -> Gpu:
    cards = catalogue.named(card_name) if card_name else catalogue.cards
    if card_name and not cards:
        raise InputError(f"there is no GPU called {card_name!r} in the catalogue", _nearest(card_name, catalogue))
    cut = [(card, instance) for card in cards if (instance := card.instance(profile))]
    if not cut:
        where = f"{card_name} has" if card_name else "there is"
        raise InputError(f"{where} no MIG profile {profile!r} in the catalogue", _profiles(cards))
    return _mig_gpu([card for card, _ in cut], [instance for _, instance in cut], catalogue)


def _mig_gpu(cards: list[Card], instances: list[Instance], catalogue: GpuCatalogue) -> Gpu:
    """An instance of whichever of the cards: the bounds cover all, the best value is the smallest."""
    memory = [instance.memory for instance in instances]
    total = Range(min(m.low for m in memory), min(m.best for m in memory), max(m.high for m in memory))
    names = list(dict.fromkeys(card.name for card in cards))
    capabilities = {card.compute_capability for card in cards}
    context = catalogue.context(None, mig=True)
    sources = "; ".join(dict.fromkeys(instance.source for instance in instances))
    prefix = f"{names[0]} " if len(names) == 1 else ""
    return Gpu(
        name=f"{prefix}MIG {instances[0].profile}",
        nvml_total=Bytes(total.high),
        cuda_total=total,
        context=context.size,
        used=Bytes(0),
        source=f"catalogue, {' or '.join(names)}: {sources}; context: {context.source}",
        compute_capability=capabilities.pop() if len(capabilities) == 1 else None,
        mig=True,
    )


@dataclass(frozen=True, slots=True)
class _Option:
    name: str
    text: str
    amount: Bytes


def _state(gpu: Gpu, options: list[str]) -> Gpu:
    """The GPU with what its options say of it; ``cuda=`` is read first, since ``free=`` is relative to it."""
    read = [_option(text) for text in options]
    by_name = {option.name: option for option in read}
    if len(by_name) < len(read):
        raise InputError(f"an option is given twice in {','.join(options)!r}", "give each of free, used, cuda once")
    if {"free", "used"} <= by_name.keys():
        raise InputError("free= and used= are given together", "one follows from the other: leave one out")
    for option in read:
        # vLLM prints GiB to two decimals, so that the total may look up to 0.005 GiB larger than it is.
        if option.amount > gpu.nvml_total + GIB // 200:
            raise InputError(
                f"{option.text!r} is more than the {gib(gpu.nvml_total)} of {gpu.name}", "check the amount"
            )
    if "cuda" in by_name:
        gpu = _with_cuda_total(gpu, by_name["cuda"])
    used = by_name["used"].amount if "used" in by_name else gpu.used
    if "free" in by_name:
        used = Bytes(max(0, gpu.cuda_total.best - by_name["free"].amount))
    return replace(gpu, used=used)


def _with_cuda_total(gpu: Gpu, option: _Option) -> Gpu:
    total = min(option.amount, gpu.nvml_total)
    return replace(gpu, cuda_total=Range.exactly(total), source=f"{gpu.source}; CUDA total as given: {option.text}")


def _option(text: str) -> _Option:
    name, _, value = (piece.strip() for piece in text.partition("="))
    if name.lower() not in ("free", "used", "cuda"):
        raise InputError(f"{text!r} is no option of --gpu", "there are free=20GiB, used=3GiB and cuda=23.53GiB")
    if not _AMOUNT.fullmatch(value):
        raise InputError(f"{value!r} in {text!r} is not an amount of memory", "write a number and a unit: 20GiB, 20GB")
    return _Option(name.lower(), text, parse_bytes(value))


def _nearest(name: str, catalogue: GpuCatalogue) -> str:
    known = {plain_name(spelling): card.name for card in catalogue.cards for spelling in (card.name, *card.spellings)}
    close = difflib.get_close_matches(plain_name(name[:80]), known, n=5, cutoff=0.5)
    nearest = ", ".join(dict.fromkeys(known[match] for match in close))
    nearest = f"the nearest are: {nearest}; " if nearest else ""
    return f"{nearest}`swiftcfg gpus --list` shows all; an amount such as 24GiB describes any other card"


def _choices(cards: tuple[Card, ...]) -> str:
    return "write one of: " + ", ".join(f"{card.name} ({gib(card.nvml_total)})" for card in cards)


def _profiles(cards: tuple[Card, ...]) -> str:
    profiles = dict.fromkeys(instance.profile for card in cards for instance in card.instances)
    if not profiles:
        return "it cannot be cut into instances, or its profiles are not known"
    return "there are: " + ", ".join(f"mig-{profile}" for profile in profiles)

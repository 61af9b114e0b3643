"""GpuCatalogue: what is known of GPU models, and the rules for cards it does not list.

Its content is ``knowledge/gpus.yaml``, which explains every number; here it becomes bytes.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from swiftcfg.units import MIB, Bytes, Range
from swiftcfg.values import dataclass

#: Words of NVML's product names that people leave out, and that distinguish nothing.
_FILLER = re.compile(r"nvidia|geforce|tesla|generation|gpu|rtx|[\s_/()-]")
_MEMORY_SUFFIX = re.compile(r"(\d)gi?b?$")


def plain_name(name: str) -> str:
    """What tells a card's name from others: ``4090`` of ``NVIDIA GeForce RTX 4090`` and of ``rtx-4090``."""
    return _MEMORY_SUFFIX.sub(r"\1gb", _FILLER.sub("", name.casefold()))


@dataclass(frozen=True, slots=True)
class Instance:
    """A MIG profile of one card: its name such as ``3g.40gb``, and its memory, which differs by driver."""

    profile: str
    memory: Range
    source: str


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU model. ``cuda_total`` is None where only NVML's total is known."""

    name: str
    spellings: tuple[str, ...]
    products: tuple[str, ...]
    family: str | None
    compute_capability: tuple[int, int]
    nvml_total: Bytes
    cuda_total: Range | None
    instances: tuple[Instance, ...]
    source: str

    def instance(self, profile: str) -> Instance | None:
        return next((instance for instance in self.instances if instance.profile == profile), None)


@dataclass(frozen=True, slots=True)
class Context:
    """What one CUDA context takes, and where the number comes from."""

    size: Range
    source: str


@dataclass(frozen=True, slots=True)
class GpuCatalogue:
    """The cards, and what holds where no row does."""

    cards: tuple[Card, ...]
    gaps: Mapping[str, tuple[int, int]]
    below_reserved: Bytes
    below_old_total: Range
    contexts: Mapping[str, Context]

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "GpuCatalogue":
        """The catalogue in the content of ``gpus.yaml``."""
        gap, old = content["gap"], content["old_driver"]["below"]
        return cls(
            cards=tuple(_card(row, content["mig"]) for row in content["cards"]),
            gaps={bound: (gap[bound]["fixed"] * MIB, gap[bound]["share"]) for bound in ("low", "best", "high")},
            below_reserved=Bytes(content["reserved"]["below"] * MIB),
            below_old_total=_range([old["low"], old["best"], old["high"]]),
            contexts={key: Context(_range(row["mib"]), row["source"]) for key, row in content["contexts"].items()},
        )

    def derived_cuda_total(self, nvml_total: int) -> Range:
        """CUDA's total of a card of which only NVML's is known."""
        high, best, low = (
            max(0, nvml_total - fixed - nvml_total * share // 10_000)
            for fixed, share in (self.gaps[bound] for bound in ("low", "best", "high"))
        )
        return Range(low, best, high)

    def unreserved_cuda_total(self, unreserved: int) -> Range:
        """CUDA's total where NVML tells how much of its own the driver does not reserve."""
        return Range(max(0, unreserved - self.below_reserved), unreserved, unreserved)

    def old_driver_cuda_total(self, nvml_total: int) -> Range:
        """CUDA's total under a driver before 510, whose NVML total leaves the reserved part out."""
        below = self.below_old_total
        return Range(*(max(0, nvml_total - amount) for amount in (below.high, below.best, below.low)))

    def cuda_total(self, card: Card) -> Range:
        return card.cuda_total or self.derived_cuda_total(card.nvml_total)

    def context(self, compute_capability: tuple[int, int] | None, *, mig: bool = False) -> Context:
        if mig:
            return self.contexts["mig"]
        key = "other" if compute_capability is None else "{}.{}".format(*compute_capability)
        return self.contexts.get(key, self.contexts["other"])

    def named(self, name: str) -> tuple[Card, ...]:
        """The cards a name may mean: one by its own name or spelling, else all of that family or product."""
        wanted = {plain_name(name), plain_name(f"{name}GB")}
        for card in self.cards:
            if not wanted.isdisjoint(map(plain_name, (card.name, *card.spellings))):
                return (card,)
        shared = ((card, map(plain_name, (*card.products, *filter(None, (card.family,))))) for card in self.cards)
        return tuple(card for card, names in shared if not wanted.isdisjoint(names))


def _card(row: Mapping[str, Any], profiles: Mapping[str, Any]) -> Card:
    major, minor = row["cc"].split(".")
    return Card(
        name=row["name"],
        spellings=tuple(row.get("also", ())),
        products=tuple(row["products"]),
        family=row.get("family"),
        compute_capability=(int(major), int(minor)),
        nvml_total=Bytes(row["nvml"] * MIB),
        cuda_total=_range(row["cuda"]) if "cuda" in row else None,
        instances=_instances(profiles[row["mig"]]) if "mig" in row else (),
        source=row["source"],
    )


def _instances(row: Mapping[str, Any]) -> tuple[Instance, ...]:
    return tuple(Instance(profile, _range(mib), row["source"]) for profile, mib in row["profiles"].items())


def _range(mib: Sequence[int]) -> Range:
    low, best, high = mib
    return Range(low * MIB, best * MIB, high * MIB)

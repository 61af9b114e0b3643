"""Plan: the settings that were chosen, what they cost, and why none better was."""

from collections.abc import Mapping
from typing import Literal

from swiftcfg.config import DeployConfig, Flag
from swiftcfg.gpu import Gpu
from swiftcfg.memory import Constraint, MemoryPlan
from swiftcfg.model import Model
from swiftcfg.planner.advice import Note
from swiftcfg.runtime import Runtime
from swiftcfg.units import Tokens
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload


@dataclass(frozen=True, slots=True)
class Setting:
    """One flag or variable of the deploy command, its value as written, and the reason for it.

    ``words`` are those of a flag that takes several.
    """

    name: str
    value: str
    kind: Literal["flag", "variable"]
    reason: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes of one image size or clip of the workload under the plan."""

    kind: Literal["image", "video"]
    name: str
    share: float
    original: tuple[int, int]
    resized: tuple[int, int]
    scale: tuple[float, float]
    tokens: Tokens
    prompt_tokens: Tokens
    frames: int | None = None
    dpi: tuple[int, int] | None = None
    box_scale: tuple[float, float] | None = None

    shrunk: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to serve: what changes, what it gives, and what it takes."""

    change: str
    gives: str
    takes: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings for one workload on one machine, with every number they rest on.

    ``binding`` is the limit that keeps quality down or, at ``full_quality``, the one with the least to spare.
    """

    model: Model
    gpus: tuple[Gpu, ...]
    runtime: Runtime
    workload: Workload
    settings: tuple[Setting, ...]
    items: tuple[Item, ...]
    request_tokens: Tokens
    memory: MemoryPlan
    binding: Constraint
    full_quality: bool
    constraints: tuple[Constraint, ...]
    next_better: str
    alternatives: tuple[Alternative, ...]
    notes: tuple[Note, ...]
    tensor_parallel_size: int
    api_key_env: str | None = None

    def what_binds(self) -> str:
        """The binding limit in a sentence."""
        if self.full_quality:
            return f"Nothing keeps quality down. The limit with the least to spare: {self.binding.sentence}."
        return f"What keeps quality down: {self.binding.sentence}."

    def config(self) -> DeployConfig:
        """The deploy command that the settings spell."""
        variables = tuple((item.name, item.value) for item in self.settings if item.kind == "variable")
        flags = tuple(Flag(item.name, item.words or (item.value,)) for item in self.settings if item.kind == "flag")
        return DeployConfig(variables, flags)

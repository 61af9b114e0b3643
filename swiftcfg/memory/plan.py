"""MemoryPlan: where every byte of one GPU goes when one rank of a deployment serves there."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from swiftcfg.units import Bytes, Range, Tokens
from swiftcfg.values import dataclass

Verdict = Literal["fits", "tight", "does-not-fit", "unknown"]
Modality = Literal["image", "video"]

#: Which program builds the engine: ``swift`` is swift deploy, ``vllm`` is a plain ``vllm serve``. They leave
#: other limits unset, and vLLM fills those in by who asks (its UsageContext).
Server = Literal["swift", "vllm"]


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the account. ``part_of`` names the line that already contains this one, so sums skip it."""

    name: str
    amount: Range
    source: str
    inside_budget: bool
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class ProfiledItem:
    """What the engine runs through its vision tower at the start, to learn what a batch of it takes.

    ``tokens_per_item`` is the size the engine counts with; ``dummy_tokens`` is that of the picture it really
    draws, which is smaller in some versions.
    """

    modality: Modality
    items: int
    tokens_per_item: Tokens
    dummy_tokens: Tokens
    patches: int
    width: int
    height: int
    frames: int | None
    why: str


@dataclass(frozen=True, slots=True)
class StartCheck:
    """What the engine compares before it loads anything: free memory with the memory it was told to take."""

    free: Range
    requested: Range
    source: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something that must hold: by how much it does at worst, and by how much it most likely does."""

    name: str
    margin: int
    likely_margin: int
    unit: Literal["bytes", "tokens"]
    sentence: str

    @property
    def holds(self) -> bool:
        return self.margin >= 0

    @property
    def likely_holds(self) -> bool:
        return self.likely_margin >= 0


@dataclass(frozen=True, slots=True)
class Demand:
    """What the requests ask of the engine at once; every rank sees all of their tokens.

    ``largest_item_tokens`` has a row per kind of item that is served, ``visual_tokens`` is what the items of one
    request sum to.
    """

    request_tokens: Tokens
    concurrent_requests: int = 1
    largest_item_tokens: Mapping[str, int] = field(default_factory=dict)
    visual_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Vision:
    """What the tower takes for a batch: bytes per token it sees, and how much of that was profiled."""

    bytes_per_token: Range
    profiled_tokens: Tokens
    step_tokens: Tokens
    other_activation: Range


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The account of one rank, and whether it closes.

    ``budget`` is what the engine was told to take, ``outside_budget`` what it takes beyond that, ``room`` what the card
    has for it. None where a
    number is not known or the engine has no such thing; ``unknowns`` says which and why.
    """

    terms: tuple[Term, ...]
    total: Range
    used: Bytes
    budget: Range
    outside_budget: Range
    room: Range
    kv_bytes_per_token: int | None
    kv_cache_bytes: Range | None
    kv_cache_tokens: Range | None
    profiled_item: ProfiledItem | None
    encoder_cache_tokens: Tokens | None
    max_model_len: Tokens | None
    max_num_seqs: int
    max_num_batched_tokens: Tokens | None
    requests_at_once: Range | None
    start_check: StartCheck | None
    vision: Vision | None
    constraints: tuple[Constraint, ...]
    verdict: Verdict
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def term(self, name: str) -> Term | None:
        return next((term for term in self.terms if term.name == name), None)

"""Model: what a checkpoint is, as far as tokens, memory and parallelism depend on it."""

from dataclasses import field
from typing import Literal

from swiftcfg.units import Bytes, Pixels, Tokens
from swiftcfg.values import dataclass

#: How attention stores its past. ``full``: every layer keeps keys and values of every token.
#: ``hybrid`` (sliding window or linear layers among full ones) and ``mla`` are named, not modelled as full.
KvKind = Literal["full", "mla", "hybrid"]

#: Kinds of vision tower whose tokens and memory are known. Each is code, not data.
TowerKind = Literal["qwen2_vl", "qwen2_5_vl", "qwen3_vl"]

#: How tensor parallelism treats a tensor: split over ranks, split by key/value head (copied once
#: there are more ranks than heads), or copied to every rank.
Sharding = Literal["split", "kv", "copied"]

Part = Literal["embedding", "head", "language", "vision"]


@dataclass(frozen=True, slots=True)
class Moe:
    """Mixture of experts: how many, how many at work per token, and the width of each."""

    experts: int
    experts_per_token: int
    intermediate_size: int


@dataclass(frozen=True, slots=True)
class TextTower:
    """The language model. Sizes are elements, not bytes."""

    layers: int
    hidden_size: int
    intermediate_size: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    max_position_embeddings: Tokens
    tie_word_embeddings: bool
    rotary_dim: int
    mrope: bool = False
    kv_kind: KvKind = "full"
    moe: Moe | None = None


@dataclass(frozen=True, slots=True)
class VisionTower:
    """The vision transformer of the Qwen-VL line. ``factor`` is the side of one token in pixels."""

    kind: TowerKind
    depth: int
    hidden_size: int
    intermediate_size: int
    heads: int
    patch_size: int
    merge_size: int
    temporal_patch_size: int
    out_hidden_size: int
    in_channels: int = 3
    deepstack_levels: int = 0
    position_embeddings: int = 0

    @property
    def factor(self) -> int:
        return self.patch_size * self.merge_size


@dataclass(frozen=True, slots=True)
class ProcessorLimits:
    """The checkpoint's own limits (preprocessor_config.json): what vLLM profiles with.

    Pixels of one image; for Qwen3-VL the video limits are pixels of all frames together.
    """

    image_min: Pixels
    image_max: Pixels
    video_min: Pixels | None = None
    video_max: Pixels | None = None


@dataclass(frozen=True, slots=True)
class WeightGroup:
    """Tensors of one part that tensor parallelism treats alike; ``bytes_total`` is before splitting."""

    part: Part
    sharding: Sharding
    bytes_total: Bytes
    tensors: int


@dataclass(frozen=True, slots=True)
class Weights:
    """All tensors of a checkpoint, grouped. ``source`` says headers, config arithmetic or index."""

    groups: tuple[WeightGroup, ...]
    source: str

    def total(self) -> Bytes:
        return Bytes(sum(group.bytes_total for group in self.groups))

    def of(self, part: Part) -> Bytes:
        return Bytes(sum(group.bytes_total for group in self.groups if group.part == part))


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter folder: its rank and the bytes of its tensors; ``location`` is what ``--adapters`` is given."""

    name: str
    rank: int
    bytes_total: Bytes
    location: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint, from a folder or the catalogue.

    Any part may be None where it is not known; ``unknowns`` then says so in a sentence each, and what
    depends on it is skipped, never guessed. ``sources`` say where published numbers come from, by what
    they describe. ``notes`` say what was decided without being certain.
    ``sees`` holds of every model that takes images, also where its ``vision`` is of a kind that is not known.
    ``swift_args`` is what ms-swift takes from the checkpoint's args.json, ``sampling`` what it takes from
    generation_config.json for requests that do not say. ``undecided`` are ``model_type`` and ``template`` where
    several fit, so that ms-swift from 4.0 on refuses to choose.
    ``location`` is what ``--model`` must be given to serve it: a hub id or a path. ``local`` is True for a path.
    ``adapters`` are the words that ``--adapters`` must be given, and ``adapter`` is the largest of them.
    """

    name: str
    location: str
    local: bool
    architecture: str
    model_type: str | None
    template: str | None
    text: TextTower | None
    vision: VisionTower | None
    limits: ProcessorLimits | None
    weights: Weights | None
    dtype_bytes: int = 2
    quantization: str | None = None
    quantization_group: int | None = None
    absolute_coordinates: bool = False
    sees: bool = False
    adapter: Adapter | None = None
    adapters: tuple[str, ...] = ()
    swift_args: tuple[tuple[str, str], ...] = ()
    sampling: tuple[tuple[str, float], ...] = ()
    source: str = ""
    sources: tuple[tuple[str, str], ...] = ()
    unknowns: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())
    undecided: tuple[str, ...] = ()

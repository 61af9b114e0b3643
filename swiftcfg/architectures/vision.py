"""Vision towers of the Qwen-VL line: read from config.json, and as a list of tensors."""

from collections.abc import Iterator, Mapping
from typing import Any

from swiftcfg.architectures.fields import section, size
from swiftcfg.architectures.kinds import Architecture
from swiftcfg.architectures.tensors import Stack, Tensor
from swiftcfg.model import TowerKind, VisionTower

#: Values that a config.json may leave out, by tower: the defaults of transformers@5.19.0
#: models/<kind>/configuration_<kind>.py, class Qwen*VisionConfig.
_DEFAULTS: dict[TowerKind, dict[str, int]] = {
    "qwen2_vl": {
        "depth": 32, "embed_dim": 1280, "hidden_size": 3584, "mlp_ratio": 4, "num_heads": 16,
        "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "in_channels": 3,
    },
    "qwen2_5_vl": {
        "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584,
        "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "in_channels": 3,
    },
    "qwen3_vl": {
        "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "out_hidden_size": 3584,
        "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "in_channels": 3,
        "num_position_embeddings": 2304,
    },
}  # fmt: skip

#: Tensors are listed one by one, so a hostile number must not get far.
_MOST_LAYERS = 2_000

#: Sections that mark a model which sees or hears in a way that is not known here.
_OTHER_SECTIONS = ("vision_config", "vit_config", "visual", "mm_vision_tower", "audio_config", "thinker_config")


def read_vision(config: Mapping[str, Any], known: Architecture | None) -> tuple[VisionTower | None, str | None]:
    """The vision tower, or a sentence where the model has one of another kind; neither for a text model."""
    if known is not None and known.tower is not None:
        return _read_tower(section(config, "vision_config"), known.tower, known.deepstack_levels), None
    if not any(config.get(name) for name in _OTHER_SECTIONS):
        return None, None
    return None, "the vision part is of a kind that is not known; image tokens and the vision peak are not counted"


def _read_tower(written: Mapping[str, Any], kind: TowerKind, levels: int) -> VisionTower:
    values = {name: _read(written, name, default) for name, default in _DEFAULTS[kind].items()}
    early = kind == "qwen2_vl"  # there, hidden_size is the width handed to the language model
    width = values["embed_dim"] if early else values["hidden_size"]
    return VisionTower(
        kind=kind,
        depth=values["depth"],
        hidden_size=width,
        intermediate_size=width * values["mlp_ratio"] if early else values["intermediate_size"],
        heads=values["num_heads"],
        patch_size=values["patch_size"],
        merge_size=values["spatial_merge_size"],
        temporal_patch_size=values["temporal_patch_size"],
        out_hidden_size=values["hidden_size"] if early else values["out_hidden_size"],
        in_channels=values["in_channels"],
        deepstack_levels=_deepstack_levels(written, levels) if kind == "qwen3_vl" else 0,
        position_embeddings=values.get("num_position_embeddings", 0),
    )


def _read(written: Mapping[str, Any], name: str, default: int) -> int:
    # The checkpoints of Qwen2-VL and Qwen2.5-VL say in_chans, the classes in_channels.
    names = ("in_channels", "in_chans") if name == "in_channels" else (name,)
    largest = _MOST_LAYERS if name == "depth" else 10**7
    return size(written, *names, where="config.json: vision_config", largest=largest) or default


def _deepstack_levels(written: Mapping[str, Any], default: int) -> int:
    indexes = written.get("deepstack_visual_indexes")
    return min(len(indexes), _MOST_LAYERS) if isinstance(indexes, list) else default


def vision_stacks(tower: VisionTower, prefix: str, dtype: str) -> Iterator[Stack]:
    """The tensors of the tower, named as in the published checkpoints.

    Shapes: transformers@5.19.0 modeling_qwen2_vl.py, modeling_qwen2_5_vl.py, modeling_qwen3_vl.py.
    """
    merger = _linear_merger if tower.kind == "qwen3_vl" else _sequential_merger
    for tensor in (*_embeddings(tower, prefix, dtype), *merger(tower, prefix, dtype)):
        yield Stack(tensor)
    for tensor in _block(tower, f"{prefix}blocks.*.", dtype):
        yield Stack(tensor, (tower.depth,))
    if tower.deepstack_levels:
        width = tower.hidden_size * tower.merge_size**2
        for tensor in _linear_merger(tower, prefix, dtype, "deepstack_merger_list.*.", normed=width):
            yield Stack(tensor, (tower.deepstack_levels,))


def _embeddings(tower: VisionTower, prefix: str, dtype: str) -> Iterator[Tensor]:
    width = tower.hidden_size
    patch = (width, tower.in_channels, tower.temporal_patch_size, tower.patch_size, tower.patch_size)
    yield Tensor(f"{prefix}patch_embed.proj.weight", dtype, patch)
    if tower.kind == "qwen3_vl":
        yield Tensor(f"{prefix}patch_embed.proj.bias", dtype, (width,))
        yield Tensor(f"{prefix}pos_embed.weight", dtype, (tower.position_embeddings, width))


def _block(tower: VisionTower, prefix: str, dtype: str) -> Iterator[Tensor]:
    width = tower.hidden_size
    norm = _rms_norm if tower.kind == "qwen2_5_vl" else _layer_norm
    yield from norm(f"{prefix}norm1", width, dtype)
    yield from norm(f"{prefix}norm2", width, dtype)
    yield from _linear(f"{prefix}attn.qkv", 3 * width, width, dtype)
    yield from _linear(f"{prefix}attn.proj", width, width, dtype)
    for name, rows, columns in _mlp(tower):
        yield from _linear(f"{prefix}mlp.{name}", rows, columns, dtype)


def _sequential_merger(tower: VisionTower, prefix: str, dtype: str) -> Iterator[Tensor]:
    width, merged = tower.hidden_size, tower.hidden_size * tower.merge_size**2
    norm = _rms_norm if tower.kind == "qwen2_5_vl" else _layer_norm
    yield from norm(f"{prefix}merger.ln_q", width, dtype)
    yield from _linear(f"{prefix}merger.mlp.0", merged, merged, dtype)
    yield from _linear(f"{prefix}merger.mlp.2", tower.out_hidden_size, merged, dtype)


def _linear_merger(
    tower: VisionTower, prefix: str, dtype: str, name: str = "merger.", normed: int | None = None
) -> Iterator[Tensor]:
    """The merger of Qwen3-VL; those of the deepstack levels norm after merging, the last one before."""
    merged = tower.hidden_size * tower.merge_size**2
    yield from _layer_norm(f"{prefix}{name}norm", normed or tower.hidden_size, dtype)
    yield from _linear(f"{prefix}{name}linear_fc1", merged, merged, dtype)
    yield from _linear(f"{prefix}{name}linear_fc2", tower.out_hidden_size, merged, dtype)


def _mlp(tower: VisionTower) -> list[tuple[str, int, int]]:
    width, inner = tower.hidden_size, tower.intermediate_size
    if tower.kind == "qwen2_5_vl":
        return [("gate_proj", inner, width), ("up_proj", inner, width), ("down_proj", width, inner)]
    first, second = ("fc1", "fc2") if tower.kind == "qwen2_vl" else ("linear_fc1", "linear_fc2")
    return [(first, inner, width), (second, width, inner)]


def _linear(module: str, rows: int, columns: int, dtype: str) -> Iterator[Tensor]:
    yield Tensor(f"{module}.weight", dtype, (rows, columns))
    yield Tensor(f"{module}.bias", dtype, (rows,))


def _rms_norm(module: str, width: int, dtype: str) -> Iterator[Tensor]:
    yield Tensor(f"{module}.weight", dtype, (width,))


def _layer_norm(module: str, width: int, dtype: str) -> Iterator[Tensor]:
    yield Tensor(f"{module}.weight", dtype, (width,))
    yield Tensor(f"{module}.bias", dtype, (width,))

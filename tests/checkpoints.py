"""Checkpoint folders without weights: true settings and true safetensors headers over sparse files."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swiftcfg.architectures import Tensor, describe, tensors_of
from swiftcfg.catalogue import find_entry

#: Like the shards of published checkpoints.
SHARD_BYTES = 4 * 10**9

Files = Mapping[str, Mapping[str, Any]]


def write_checkpoint(folder: Path, model: str | Files, *, tensors: Sequence[Tensor] | None = None) -> Path:
    """Make ``folder`` a checkpoint of a catalogue model, or of the given settings files.

    ``tensors`` replaces the derived list; an empty one writes settings only. Returns the folder.
    """
    files = find_entry(model).files() if isinstance(model, str) else model
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    if tensors is None:
        tensors = tensors_of(describe(files["config.json"]))
        assert tensors is not None, "this architecture's tensors cannot be derived: pass them"
    if tensors:
        _write_shards(folder, tensors)
    return folder


def _write_shards(folder: Path, tensors: Sequence[Tensor]) -> None:
    shards: list[list[Tensor]] = [[]]
    filled = 0
    for tensor in tensors:
        if filled + tensor.stored > SHARD_BYTES and shards[-1]:
            shards.append([])
            filled = 0
        shards[-1].append(tensor)
        filled += tensor.stored
    if len(shards) == 1:
        write_safetensors(folder / "model.safetensors", shards[0])
        return
    weight_map = {}
    for number, shard in enumerate(shards, start=1):
        name = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        write_safetensors(folder / name, shard)
        weight_map |= {tensor.name: name for tensor in shard}
    index = {"metadata": {"total_size": sum(tensor.stored for tensor in tensors)}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def write_safetensors(path: Path, tensors: Sequence[Tensor]) -> None:
    """A safetensors file with a true header; the weights are a hole that takes no disk."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, dtype, shape in tensors:
        end = offset + Tensor(name, dtype, shape).stored
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        file.truncate(8 + len(raw) + offset)

"""Safetensors headers: names, types and shapes of tensors, without reading a weight.

Format: github.com/huggingface/safetensors README "Format": 8 bytes little-endian length, that many
bytes of JSON, then the data. A file is not trusted: every length and offset is checked.
"""

from pathlib import Path
from typing import Any

from swiftcfg.architectures.tensors import DTYPE_BITS, Tensor
from swiftcfg.checkpoint.jsonfile import parse_object
from swiftcfg.checkpoint.opening import open_regular, unreadable
from swiftcfg.errors import InputError

#: The limit of the safetensors library itself (safetensors@0.6.2 tensor.rs MAX_HEADER_SIZE).
LARGEST_HEADER_BYTES = 100_000_000

_LENGTH_BYTES = 8

#: Of a tensor (NumPy 2 takes 64, NPY_MAXDIMS); the product of a hundred thousand sizes would take minutes.
_MOST_DIMENSIONS = 64

_LFS_MARK = b"version "
_AGAIN = "download the file again"


def read_header(path: Path) -> list[Tensor]:
    """The tensors of one safetensors file; raises InputError where the file cannot be what it says."""
    try:
        with open_regular(path) as file:
            size = file.seek(0, 2)
            file.seek(0)
            prefix = file.read(_LENGTH_BYTES)
            length = _header_length(prefix, size, path)
            raw = file.read(length)
    except FileNotFoundError:
        raise InputError(f"{path} is a link to a file that is not there", "finish the download") from None
    except OSError as error:
        raise unreadable(path, error) from None
    header = parse_object(raw, f"the header of {path}")
    header.pop("__metadata__", None)
    if raw.count(b'"data_offsets"') > len(header):
        raise InputError(f"{path}: a tensor is described twice", _AGAIN)
    spans = []
    tensors = []
    for name, entry in header.items():
        tensor, span = _tensor(name, entry, path)
        tensors.append(tensor)
        spans.append((*span, name))
    _check_spans(spans, size - _LENGTH_BYTES - length, path)
    return tensors


def _header_length(prefix: bytes, size: int, path: Path) -> int:
    if prefix == _LFS_MARK:
        raise InputError(f"{path} is a Git LFS pointer, not the weights", "run git lfs pull in the folder")
    if len(prefix) < _LENGTH_BYTES:
        raise InputError(f"{path} has {size} bytes, too few for a safetensors file", _AGAIN)
    length = int.from_bytes(prefix, "little")
    if length > LARGEST_HEADER_BYTES:
        raise InputError(f"{path} says its header has {length} bytes, which no safetensors file has", _AGAIN)
    if length > size - _LENGTH_BYTES:
        raise InputError(f"{path} ends inside its header ({size} bytes, header {length})", _AGAIN)
    return length


def _tensor(name: str, entry: Any, path: Path) -> tuple[Tensor, tuple[int, int]]:
    """One entry, checked: a shape and offsets that agree with it and with the dtype."""
    fields = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = fields.get("dtype"), _counts(fields.get("shape")), _counts(fields.get("data_offsets"))
    if isinstance(dtype, str) and shape is not None and offsets is not None and len(offsets) == 2:  # noqa: PLR2004
        begin, end = offsets
        # A dtype of a later format version: its bytes are known all the same.
        tensor = Tensor(name, dtype, shape) if dtype in DTYPE_BITS else Tensor(name, "U8", (max(0, end - begin),))
        if begin <= end and tensor.stored == end - begin:
            return tensor, (begin, end)
    raise InputError(f"{path}: the entry of tensor {name[:200]!r} is damaged", _AGAIN)


def _counts(value: Any) -> tuple[int, ...] | None:
    """A short list of whole numbers that a file can hold, or None."""
    if not isinstance(value, list) or len(value) > _MOST_DIMENSIONS or not set(map(type, value)) <= {int}:
        return None
    return tuple(value) if not value or (min(value) >= 0 and max(value) < 2**63) else None


def _check_spans(spans: list[tuple[int, int, str]], available: int, path: Path) -> None:
    """Tensors must not overlap and must lie inside the file."""
    reached = 0
    for begin, end, name in sorted(spans):
        if begin < reached:
            raise InputError(f"{path}: tensor {name[:200]!r} overlaps another one", _AGAIN)
        reached = max(reached, end)
    if reached > available:
        raise InputError(
            f"{path} is incomplete: its header describes {reached} bytes of weights, {available} are there",
            "finish the download",
        )
    if spans and reached < available:
        raise InputError(
            f"{path} has {available - reached} bytes more than the {reached} of weights that its header describes",
            _AGAIN,
        )

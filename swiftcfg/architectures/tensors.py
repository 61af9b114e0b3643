"""Tensor: one entry of a safetensors header; Stack: many that differ in an index only."""

import math
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from swiftcfg.units import Bytes

#: Bits of one element by safetensors dtype (safetensors@0.6.2 tensor.rs, enum Dtype).
DTYPE_BITS = {
    "BOOL": 8, "I8": 8, "U8": 8, "I16": 16, "U16": 16, "I32": 32, "U32": 32, "I64": 64, "U64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "F16": 16, "BF16": 16, "F32": 32, "F64": 64, "C64": 64,
}  # fmt: skip


class Tensor(NamedTuple):
    """A named tensor of a checkpoint."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def stored(self) -> Bytes:
        """Bytes in the file."""
        return Bytes(-(-self.elements * DTYPE_BITS[self.dtype] // 8))


class Stack(NamedTuple):
    """Tensors alike in all but their place: ``pattern.name`` has a ``*`` for each of ``counts``.

    A mixture of experts has 70,000 tensors of a dozen kinds; their bytes are known without listing them.
    """

    pattern: Tensor
    counts: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        return math.prod(self.counts)

    def members(self) -> Iterator[Tensor]:
        first, *rest = self.pattern.name.split("*")
        for indexes in product(*map(range, self.counts)):
            name = first + "".join(f"{index}{part}" for index, part in zip(indexes, rest, strict=True))
            yield self.pattern._replace(name=name)

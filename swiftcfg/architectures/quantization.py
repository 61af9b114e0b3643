"""Quantised checkpoints: which linear layers are packed, and as which tensors."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from swiftcfg.architectures.fields import count, listed
from swiftcfg.architectures.tensors import Tensor
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Quantization:
    """config.json's ``quantization_config``; ``group`` is weights per scale (the block side for fp8)."""

    method: str
    bits: int
    group: int | None
    unconverted: tuple[str, ...] = ()

    def converts(self, module: str) -> bool:
        return not any(module == skipped or f".{skipped}." in f".{module}." for skipped in self.unconverted)


def read_quantization(config: Mapping[str, Any]) -> Quantization | None:
    """The quantisation a config.json declares, or None."""
    raw = config.get("quantization_config")
    if not isinstance(raw, Mapping) or not raw:
        return None
    method = str(raw.get("quant_method", "unknown")).lower()
    block = raw.get("weight_block_size")
    group = block[0] if isinstance(block, list) and block and isinstance(block[0], int) else count(raw, "group_size")
    bits = 8 if method == "fp8" else count(raw, "bits", "w_bit") or 16
    return Quantization(method, bits, group, listed(raw, "modules_to_not_convert", "ignore", "ignored_layers"))


def _awq(module: str, rows: int, columns: int, quantization: Quantization) -> Iterator[Tensor]:
    """AutoAWQ GEMM: int32 words pack along the output (autoawq awq/modules/linear/gemm.py, WQLinear_GEMM)."""
    pack, groups = 32 // quantization.bits, -(-columns // (quantization.group or columns))
    yield Tensor(f"{module}.qweight", "I32", (columns, rows // pack))
    yield Tensor(f"{module}.qzeros", "I32", (groups, rows // pack))
    yield Tensor(f"{module}.scales", "F16", (groups, rows))


def _gptq(module: str, rows: int, columns: int, quantization: Quantization) -> Iterator[Tensor]:
    """AutoGPTQ: int32 words pack along the input, with one group index per input (auto_gptq qlinear modules)."""
    pack, groups = 32 // quantization.bits, -(-columns // (quantization.group or columns))
    yield Tensor(f"{module}.qweight", "I32", (columns // pack, rows))
    yield Tensor(f"{module}.qzeros", "I32", (groups, rows // pack))
    yield Tensor(f"{module}.scales", "F16", (groups, rows))
    yield Tensor(f"{module}.g_idx", "I32", (columns,))


def _fp8(module: str, rows: int, columns: int, quantization: Quantization) -> Iterator[Tensor]:
    """Block-wise fp8: one scale for each block (vllm@0.23.0 Fp8LinearMethod, weight_scale_inv)."""
    block = quantization.group or 128
    yield Tensor(f"{module}.weight", "F8_E4M3", (rows, columns))
    yield Tensor(f"{module}.weight_scale_inv", "BF16", (-(-rows // block), -(-columns // block)))


Layout = Callable[[str, int, int, Quantization], Iterator[Tensor]]

#: Layouts that can be derived from a config alone; other methods are known only from headers.
_LAYOUTS: dict[str, Layout] = {"awq": _awq, "gptq": _gptq, "fp8": _fp8}

#: Widths that fill a 32-bit word without a rest.
_WIDTHS = (2, 4, 8)


def layout_of(quantization: Quantization) -> Layout | None:
    """How this method stores a linear layer, or None where it is not known."""
    return _LAYOUTS.get(quantization.method) if quantization.bits in _WIDTHS else None

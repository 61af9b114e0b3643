"""Read a checkpoint folder: settings, safetensors headers, ms-swift's args.json, LoRA adapters."""

from swiftcfg.checkpoint.adapter import base_candidates, is_adapter, read_adapter
from swiftcfg.checkpoint.completeness import faults_of, unchecked_weights
from swiftcfg.checkpoint.folder import read_checkpoint
from swiftcfg.checkpoint.swift_args import read_swift_args

__all__ = [
    "base_candidates", "faults_of", "is_adapter", "read_adapter", "read_checkpoint", "read_swift_args",
    "unchecked_weights",
]  # fmt: skip

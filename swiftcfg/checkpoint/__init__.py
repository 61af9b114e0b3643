"""Read a checkpoint folder: settings, safetensors headers, ms-swift's args.json, LoRA adapters."""

from swiftcfg.checkpoint.folder import read_checkpoint

__all__ = ["read_checkpoint"]

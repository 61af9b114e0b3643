"""LoRA adapter folders, as PEFT writes them."""

from pathlib import Path
from typing import Any

from swiftcfg.architectures.fields import number, section
from swiftcfg.checkpoint.headers import read_header
from swiftcfg.checkpoint.jsonfile import read_object
from swiftcfg.checkpoint.swift_args import read_swift_args
from swiftcfg.errors import InputError
from swiftcfg.files import expanded, is_file, is_folder
from swiftcfg.model import Adapter
from swiftcfg.units import Bytes

CONFIG = "adapter_config.json"
_WEIGHTS = "adapter_model.safetensors"
_PICKLED = "adapter_model.bin"


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter and no model of its own."""
    return is_file(folder / CONFIG) and not is_file(folder / "config.json")


def read_adapter(word: str) -> Adapter:
    """The adapter that one word of ``--adapters`` means: a folder, or ``name=folder``."""
    name, path = _split(word)
    folder = expanded(path)
    config = read_object(folder / CONFIG) if path and is_folder(folder) else None
    if config is None:
        fault = f"has no {CONFIG}" if is_folder(folder) else "is not a folder"
        raise InputError(
            f"the adapter {path or word} {fault}",
            "give the folder that training wrote, such as output/…/checkpoint-100",
        )
    return Adapter(name or folder.absolute().name, _rank(config, folder), _weight_bytes(folder), path)


def _split(word: str) -> tuple[str, str]:
    """Name and folder; a folder's own name may hold a ``=``."""
    if is_folder(expanded(word)):
        return "", word
    name, mark, path = word.partition("=")
    return (name, path) if mark else ("", word)


def base_candidates(folder: Path) -> list[str]:
    """What the adapter was trained on, in its own words: the hub id in args.json, the path in adapter_config.json."""
    config = read_object(folder / CONFIG) or {}
    named = [dict(read_swift_args(folder)).get("model"), config.get("base_model_name_or_path")]
    return [name for name in named if isinstance(name, str) and name]


def _rank(config: dict[str, Any], folder: Path) -> int:
    """The highest rank of any module; the engine allocates for that."""
    where = str(folder / CONFIG)
    rank = number(config, "r", where=where)
    if not rank:
        kind = config.get("peft_type", "unknown")
        raise InputError(f"{where} has no rank r (peft_type {kind})", "only LoRA adapters can be served by vLLM")
    pattern = section(config, "rank_pattern")
    return max([rank, *(number(pattern, module, where=where) or 0 for module in pattern)])


def _weight_bytes(folder: Path) -> Bytes:
    if is_file(folder / _WEIGHTS):
        return Bytes(sum(tensor.stored for tensor in read_header(folder / _WEIGHTS)))
    if is_file(folder / _PICKLED):
        return Bytes((folder / _PICKLED).stat().st_size)
    raise InputError(f"the adapter {folder} has no {_WEIGHTS}", "finish the download")

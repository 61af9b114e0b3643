"""A checkpoint folder as a Model."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from swiftcfg.architectures import Identity, assemble
from swiftcfg.checkpoint.headers import read_header
from swiftcfg.checkpoint.jsonfile import read_object
from swiftcfg.checkpoint.swift_args import read_swift_args
from swiftcfg.errors import InputError
from swiftcfg.files import is_file
from swiftcfg.model import Model

#: The settings files that matter here; all but the first may be missing.
SETTINGS = (
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
    "generation_config.json",
    "hf_quant_config.json",
)
INDEX = "model.safetensors.index.json"


def read_checkpoint(folder: Path, location: str | None = None) -> Model:
    """The model in a folder, read from its settings and the headers of its weights.

    ``location`` is the folder as the user wrote it.
    """
    files = {name: content for name in SETTINGS if (content := read_object(folder / name)) is not None}
    if "config.json" not in files:
        raise InputError(f"{folder} has no config.json", "give the folder of a checkpoint in Hugging Face format")
    missing: list[InputError] = []
    shards = weight_files(folder, missing)
    if missing:
        raise missing[0]
    tensors = list({tensor.name: tensor for shard in shards for tensor in read_header(shard)}.values())
    args = dict(read_swift_args(folder))
    identity = Identity(
        name=folder.absolute().name,
        location=location or str(folder),
        local=True,
        source=str(folder),
        model_type=args.get("model_type"),
        template=args.get("template"),
    )
    model = assemble(identity, files, tensors, _headers_of(len(shards)))
    return replace(model, swift_args=tuple(args.items()))


def _headers_of(shards: int) -> str:
    return "the safetensors header" if shards == 1 else f"{shards} safetensors headers"


def weight_files(folder: Path, missing: list[InputError]) -> list[Path]:
    """The weight files a loader would read: those of the index, else all that are not an adapter's.

    Files that the index names and that are not there go to ``missing``; raises InputError for an index that is none.
    """
    index = read_object(folder / INDEX)
    if index is not None:
        return _indexed_files(folder, index, missing)
    named = sorted(folder.glob("*.safetensors"))
    return [path for path in named if not path.name.startswith(("adapter_", "consolidated", "optimizer"))]


def _indexed_files(folder: Path, index: dict[str, Any], missing: list[InputError]) -> list[Path]:
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or {*map(type, weight_map.values())} != {str}:
        raise InputError(f"{folder / INDEX} has no weight_map of file names", "download the file again")
    names = sorted(set(weight_map.values()))
    absent = [name for name in names if "/" in name or "\\" in name or not is_file(folder / name)]
    fault = f"{folder / INDEX} names {{}}, which is not in the folder"
    missing += [InputError(fault.format(repr(name[:200])), "finish the download") for name in absent]
    return [folder / name for name in names if name not in absent]

"""Is a checkpoint folder complete? Every fault at once, where reading a model stops at the first."""

from collections.abc import Iterator
from pathlib import Path

from swiftcfg.checkpoint.folder import INDEX, weight_files
from swiftcfg.checkpoint.headers import read_header
from swiftcfg.checkpoint.jsonfile import read_object
from swiftcfg.errors import InputError
from swiftcfg.files import is_file

#: Groups of files of which a tokenizer needs one, whole
#: (transformers@5.19.0:tokenization_utils_base.py, vocab_files_names of the model types served here).
_TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("tokenizer.model",), ("vocab.txt",))
_TIKTOKEN = "*.tiktoken"  # Qwen 1 and GLM-4 have one of a name of its own
_PROCESSORS = ("preprocessor_config.json", "processor_config.json")
#: Weights in formats that have no header to check.
_PICKLED = ("pytorch_model*.bin", "*.gguf", "*.pt")
_FINISH = "finish the download"


def faults_of(folder: Path, *, sees: bool) -> Iterator[InputError]:
    """What is missing or damaged in a folder with config.json; ``sees`` where the model takes images."""
    if read_object(folder / "config.json") is None:
        yield InputError(f"{folder} has no config.json", "give the folder of a checkpoint in Hugging Face format")
    if not _has_tokenizer(folder):
        yield InputError(f"{folder} has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt", _FINISH)
    if sees and not any(is_file(folder / name) for name in _PROCESSORS):
        yield InputError(f"{folder} has neither {' nor '.join(_PROCESSORS)}, which the image processor needs", _FINISH)
    yield from _weight_faults(folder)


def unchecked_weights(folder: Path) -> tuple[str, ...]:
    """The files that hold the weights where these have no header that tells their size."""
    if weight_files(folder, []):
        return ()
    return tuple(sorted(path.name for pattern in _PICKLED for path in folder.glob(pattern)))


def _has_tokenizer(folder: Path) -> bool:
    whole = any(all(is_file(folder / name) for name in group) for group in _TOKENIZERS)
    return whole or any(folder.glob(_TIKTOKEN))


def _weight_faults(folder: Path) -> Iterator[InputError]:
    missing: list[InputError] = []
    try:
        files = weight_files(folder, missing)
    except InputError as error:
        yield error
        return
    yield from missing
    read = {path.name: _names(path) for path in files}
    yield from (names for names in read.values() if isinstance(names, InputError))
    yield from _index_faults(folder, {name: names for name, names in read.items() if isinstance(names, frozenset)})
    if not files and not missing and not unchecked_weights(folder):
        yield InputError(f"{folder} has no weights: no file ends in .safetensors", _FINISH)


def _names(path: Path) -> frozenset[str] | InputError:
    """The tensors of a file, or what is wrong with it."""
    try:
        return frozenset(tensor.name for tensor in read_header(path))
    except InputError as error:
        return error


def _index_faults(folder: Path, held: dict[str, frozenset[str]]) -> Iterator[InputError]:
    """Tensors that the index places in a file that is whole and does not hold them."""
    index = read_object(folder / INDEX)
    placed = index.get("weight_map", {}) if index else {}
    lost = [name for name, file in placed.items() if file in held and name not in held[file]]
    if lost:
        yield InputError(
            f"{folder / INDEX} places {len(lost)} tensors in files that do not hold them, such as {lost[0][:200]!r}",
            "download the index again: it is of another version of the model",
        )

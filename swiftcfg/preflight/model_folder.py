"""The folders that the server would read: the model's and its adapters', whole and readable."""

from collections.abc import Iterator
from pathlib import Path

from swiftcfg.deployment import adapters_of, named_model
from swiftcfg.errors import InputError
from swiftcfg.files import expanded, is_folder
from swiftcfg.preflight.hub import is_hub_id
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said

_CORRECT = "correct --model, or mount what holds it"


def check_model(known: Known) -> Iterator[Said]:
    name, model = named_model(known.config), known.facts.model
    if name is None:
        yield Problem("model", "error", "the command names no model", "give --model")
        return
    folder = expanded(name)
    if is_folder(folder):
        yield from folder_faults(folder, sees=bool(model and model.vision))
    elif not is_hub_id(name) or name.startswith((".", "~")):
        yield Problem("model", "error", f"there is no folder {name}", _CORRECT)
    elif is_folder(Path(name).parent):
        message = f"there is no folder {name} here, and ms-swift takes it for a model of a hub"
        yield Problem("model", "warning", message, _CORRECT)
    for word in adapters_of(known.config):
        yield from adapter_faults(word)


def folder_faults(folder: Path, *, sees: bool) -> Iterator[Said]:
    """What is missing or damaged in a model's folder; of an adapter's given as the model, in the adapter."""
    from swiftcfg.checkpoint import faults_of, is_adapter, unchecked_weights  # noqa: PLC0415  (hub ids need none of it)

    if is_adapter(folder):
        yield from adapter_faults(str(folder))
        return
    for fault in faults_of(folder, sees=sees):
        yield Problem("model", "error", fault.sentence, fault.hint)
    try:
        unchecked = unchecked_weights(folder)
    except InputError:
        return  # told above
    if unchecked:
        yield Note("model", f"{folder} holds {', '.join(unchecked)}: nothing in such files tells their size")


def adapter_faults(word: str) -> Iterator[Problem]:
    """What is wrong with one word of ``--adapters``; a hub id is left to ms-swift."""
    from swiftcfg.checkpoint import read_adapter  # noqa: PLC0415

    path = word.rpartition("=")[2]
    if not is_folder(expanded(path)) and not is_folder(expanded(word)) and path.count("/") == 1:
        return
    try:
        read_adapter(word)
    except InputError as error:
        yield Problem("model", "error", error.sentence, error.hint)

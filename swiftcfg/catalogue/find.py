"""Find the model that a user means: a checkpoint folder, an adapter folder, or a name of the catalogue."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from swiftcfg.catalogue.entries import Record, families, model_names
from swiftcfg.catalogue.names import find_entry, known_entry
from swiftcfg.errors import InputError
from swiftcfg.files import expanded, folders_in, is_file, is_folder
from swiftcfg.model import Model

#: Folders of a hub cache are called by revision; the model's name is further up
#: (ms-swift@4.6.0:swift/model/model_meta.py:146-162 reads them alike).
_HUB_CACHE = re.compile(r"models(?:--|/)(?:.+?--)?([^/]+?)/snapshots/")


def find_model(name_or_path: str, adapters: Sequence[str] = ()) -> Model:
    """The model a user means; a folder wins over a name, as for ms-swift.

    ``adapters`` are the words of ``--adapters``: folders, each optionally as ``name=folder``. An adapter
    folder given as the model stands for its base model with the adapter on it.
    Raises InputError that tells the nearest names for a name that is neither.
    """
    if not name_or_path:
        raise InputError("the name of the model is empty", "give a name or a folder; a shell variable may be unset")
    folder = expanded(name_or_path)
    if is_folder(folder):
        model = _folder_model(folder, name_or_path)
    elif _looks_like_path(name_or_path):
        raise InputError(f"there is no folder {name_or_path}", _folder_hint(folder))
    else:
        entry = find_entry(name_or_path)
        model = entry.model(entry.id_for(name_or_path))
    return _with_adapters(model, adapters)


def namesake(name_or_path: str) -> str | None:
    """The published model that a folder which is not here is called like: ms-swift tells types by that name too."""
    entry = known_entry(_hub_name(expanded(name_or_path))) if name_or_path else None
    return entry.hub_id if entry else None


def _folder_model(folder: Path, location: str) -> Model:
    from swiftcfg.checkpoint import is_adapter, read_checkpoint  # noqa: PLC0415  (names need none of it)

    if is_adapter(folder):
        return _with_adapters(_base_of(folder), [location])
    return _identified(read_checkpoint(folder, location))


def _base_of(adapter: Path) -> Model:
    """The model an adapter was trained on: a folder that is there, else a published model of that name."""
    from swiftcfg.checkpoint import base_candidates, is_adapter, read_checkpoint  # noqa: PLC0415

    candidates = base_candidates(adapter)
    for base in candidates:
        folder = expanded(base)
        if is_folder(folder) and not is_adapter(folder):
            return _identified(read_checkpoint(folder, base))
    for base in candidates:
        entry = known_entry(base) or known_entry(_hub_name(expanded(base)))
        if entry is not None:
            return entry.model()
    trained_on = f"was trained on {' or '.join(candidates)}, which is" if candidates else "names a base model that is"
    raise InputError(
        f"{adapter} is a LoRA adapter and {trained_on} not here",
        "give the base as --model and this folder as --adapters",
    )


def _with_adapters(model: Model, adapters: Sequence[str]) -> Model:
    """The model with its adapter: the one of highest rank, whose buffers the engine allocates for all."""
    if not adapters:
        return model
    from swiftcfg.checkpoint import read_adapter, read_swift_args  # noqa: PLC0415  (names need none of it)

    read = [read_adapter(word) for word in adapters]
    args = dict(model.swift_args) | dict(read_swift_args(expanded(read[0].location)))
    return replace(
        model,
        adapter=max(read, key=lambda adapter: (adapter.rank, adapter.bytes_total)),
        adapters=tuple(adapters),
        model_type=args.get("model_type", model.model_type),
        template=args.get("template", model.template),
        swift_args=tuple(args.items()),
    )


def _identified(model: Model) -> Model:
    """The folder's model with model_type and template, found as ms-swift finds them.

    args.json first, then the folder's name, then the architecture (ms-swift@4.6.0:
    swift/model/model_meta.py:165-262). Where ms-swift would stop at several possible types, the
    family's own is taken and a note says so.
    """
    entry = known_entry(_hub_name(expanded(model.location)))
    if entry is not None and entry.files()["config.json"]["architectures"][0] == model.architecture:
        return replace(
            model,
            model_type=model.model_type or entry.value("model_type"),
            template=model.template or entry.value("template"),
            absolute_coordinates=entry.value("absolute_coordinates", default=False),
        )
    family = next((f for f in families() if model.architecture in f.get("architectures", ())), None)
    if family is None:
        return model
    undecided = _undecided(model, family)
    return replace(
        model,
        model_type=model.model_type or family["model_type"],
        template=model.template or family["template"],
        absolute_coordinates=family.get("absolute_coordinates", False),
        notes=(*model.notes, *_ambiguity(undecided, family)),
        undecided=undecided,
    )


def _hub_name(folder: Path) -> str:
    match = _HUB_CACHE.search(f"{folder.absolute()}/")
    name = match.group(1) if match else folder.absolute().name
    return name.replace("___", ".")


def _undecided(model: Model, family: Record) -> tuple[str, ...]:
    """What a checkpoint of this architecture leaves open, where args.json does not settle it."""
    rows = ((model.model_type, "model_type", "other_types"), (model.template, "template", "other_templates"))
    return tuple(name for given, name, key in rows if given is None and key in family)


def _ambiguity(undecided: tuple[str, ...], family: Record) -> Iterator[str]:
    """What else it may be."""
    for name in undecided:
        others = " or ".join(family[f"other_{name.removeprefix('model_')}s"])
        yield f"{name} is taken as {family[name]}; a checkpoint of this architecture may also be {others}"


def _looks_like_path(text: str) -> bool:
    return text.startswith(("/", "./", "../", "~")) or text in (".", "..") or text.endswith("/") or "\\" in text


def _folder_hint(folder: Path) -> str:
    if is_file(folder):
        return "that is a file: give the folder that holds it"
    parent = folder.parent
    entry = known_entry(_hub_name(folder))
    if entry is not None:
        published = entry.id_for(_hub_name(folder))
        return f"it is called like a published model: --model {published} counts with that one"
    if not is_folder(parent):
        return f"there is no folder {parent} either; a published model goes by its name, such as {model_names()[0]}"
    near = difflib.get_close_matches(folder.name, folders_in(parent), n=3)
    return f"near in {parent}: {', '.join(near)}" if near else f"{parent} has nothing of a similar name"

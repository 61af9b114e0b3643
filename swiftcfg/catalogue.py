"""The catalogue of published models, and the one way from what a user wrote to a Model."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from swiftcfg import knowledge
from swiftcfg.architectures import Identity, assemble
from swiftcfg.errors import InputError
from swiftcfg.model import Model

#: What every checkpoint folder has; a folder that has one of them is meant to be a model.
_MARKS = ("config.json", "adapter_config.json")


@dataclass(frozen=True, slots=True)
class Entry:
    """A published model: its hub id, its family's record and its own."""

    hub_id: str
    family: Mapping[str, Any]
    record: Mapping[str, Any]

    def files(self) -> dict[str, dict[str, Any]]:
        """The small files of the published checkpoint, as far as their content is known and matters here."""
        files: dict[str, dict[str, Any]] = {name: dict(content) for name, content in self.family["files"].items()}
        for ancestor in self._lineage():
            files["config.json"] = _merged(files["config.json"], ancestor.get("config", {}))
        return files

    def sources(self) -> dict[str, str]:
        """Where the numbers come from, by what they describe."""
        sources: dict[str, str] = dict(self.family["sources"])
        for ancestor in self._lineage():
            sources |= ancestor.get("sources", {})
        return sources

    def _lineage(self) -> list[Mapping[str, Any]]:
        """The records this one is ``like``, most general first, itself last."""
        records = [self.record]
        while "like" in records[0]:
            records.insert(0, self.family["models"][records[0]["like"]])
        return records


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with the values of ``over``; nested objects are merged, null removes."""
    result = dict(base)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = _merged(result[name], value) if both else value
    return {name: value for name, value in result.items() if value is not None}


@cache
def families() -> tuple[Mapping[str, Any], ...]:
    """Every family's record."""
    return tuple(knowledge.load(f"models/{name}") for name in knowledge.names("models", ".json"))


@cache
def entries() -> dict[str, Entry]:
    """Every published model by hub id."""
    return {
        hub_id: Entry(hub_id, family, record) for family in families() for hub_id, record in family["models"].items()
    }


def model_names() -> list[str]:
    """The hub ids of the catalogue, family by family."""
    return list(entries())


def find_model(name_or_path: str) -> Model:
    """The model a user means: a checkpoint folder, else a name of the catalogue.

    Raises InputError that tells the nearest names for a name that is neither.
    """
    folder = Path(name_or_path).expanduser()
    if folder.is_dir():
        from swiftcfg.checkpoint import read_checkpoint  # noqa: PLC0415  (a name needs none of it)

        return identify(read_checkpoint(folder))
    if _looks_like_path(name_or_path):
        raise InputError(f"there is no folder {name_or_path}", _folder_hint(folder))
    entry = find_entry(name_or_path)
    return catalogue_model(entry, location=name_or_path if "/" in name_or_path else entry.hub_id)


def catalogue_model(entry: Entry, location: str | None = None) -> Model:
    """The model of an entry, with weights computed from its config."""
    identity = Identity(
        name=entry.hub_id.rpartition("/")[2],
        location=location or entry.hub_id,
        local=False,
        source="catalogue",
        model_type=entry.record.get("model_type", entry.family["model_type"]),
        template=entry.record.get("template", entry.family["template"]),
        absolute_coordinates=entry.family.get("absolute_coordinates", False),
    )
    return assemble(identity, entry.files())


def identify(model: Model) -> Model:
    """A folder's model with model_type and template as ms-swift would find them, and the coordinates that follow."""
    family = next((f for f in families() if model.architecture in f["architectures"]), None)
    if family is None:
        return model
    return replace(
        model,
        model_type=model.model_type or family["model_type"],
        template=model.template or family["template"],
        absolute_coordinates=family.get("absolute_coordinates", False),
    )


def find_entry(name: str) -> Entry:
    """The entry for a hub id, its last part, or that without ``Instruct``, in any case."""
    found = _index().get(_key(name))
    if found is None:
        raise InputError(f"no model called {name!r} is known, and there is no such folder", _nearest(name))
    return entries()[found]


@cache
def _index() -> dict[str, str]:
    """Every accepted spelling -> hub id; a full name wins over a shortened one."""
    spellings: dict[str, str] = {}
    for shorten in (_full, _basename, _without_instruct):
        for hub_id, entry in entries().items():
            for name in (hub_id, *entry.record.get("aliases", ())):
                spellings.setdefault(_key(shorten(name)), hub_id)
    return spellings


def _full(hub_id: str) -> str:
    return hub_id


def _basename(hub_id: str) -> str:
    return hub_id.rpartition("/")[2]


def _without_instruct(hub_id: str) -> str:
    return re.sub(r"-(instruct|it)(?=-|$)", "", _basename(hub_id), flags=re.IGNORECASE)


def _key(name: str) -> str:
    """Spellings that differ only in case and separators are one: qwen2_5_vl_7b, Qwen2.5-VL-7B."""
    return re.sub(r"[-_.\s]+", "-", name.strip().lower())


def _nearest(name: str) -> str:
    by_key = {_key(_basename(hub_id)): hub_id for hub_id in entries()}
    near = difflib.get_close_matches(_key(_basename(name)), by_key, n=3, cutoff=0.5)
    listed = "near: " + ", ".join(by_key[key] for key in near) if near else "`swiftcfg models` lists the known ones"
    return f"{listed}; or give the path of a folder with config.json and safetensors files"


def _looks_like_path(text: str) -> bool:
    return text.startswith(("/", "./", "../", "~", ".\\", "..\\")) or text in (".", "..", "") or text.endswith("/")


def _folder_hint(folder: Path) -> str:
    if folder.is_file():
        return "that is a file: give the folder that holds it"
    parent = folder.parent
    if not parent.is_dir():
        return f"there is no folder {parent} either; a published model goes by its name, such as {model_names()[0]}"
    near = difflib.get_close_matches(folder.name, [entry.name for entry in parent.iterdir() if entry.is_dir()], n=3)
    return f"near in {parent}: {', '.join(near)}" if near else f"{parent} has nothing of a similar name"

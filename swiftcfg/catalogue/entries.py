"""Entries: the published models, as knowledge/models/*.json describes them, one file a family.

A family's file holds what its models share: ``files`` (the small files of a checkpoint, in their own
words), ms-swift's ``model_type`` and ``template``, where coordinates live, and the ``sources`` of it all.
``models`` holds what differs; a record is ``like`` another one, and has ``variants`` such as AWQ, which
are the family's overlay of that name and make an entry each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from swiftcfg import knowledge
from swiftcfg.architectures import Identity, assemble
from swiftcfg.model import Model
from swiftcfg.values import dataclass

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A published model: its hub id and the records that describe it, the most general first."""

    hub_id: str
    records: tuple[Record, ...]
    aliases: tuple[str, ...] = ()

    def id_for(self, name: str) -> str:
        """The hub id that a user means by ``name``: an alias where that is what was written."""
        written = name.strip().lower()
        return next((alias for alias in self.aliases if alias.lower() == written), self.hub_id)

    def value(self, name: str, default: Any = None) -> Any:
        """What the most special record says under ``name``; null there means not known for this one."""
        return next((record[name] for record in reversed(self.records) if name in record), default)

    def files(self) -> dict[str, dict[str, Any]]:
        """The small files of the published checkpoint, as far as their content is known and matters here."""
        files: dict[str, dict[str, Any]] = {}
        for record in self.records:
            files = _merged(files, record.get("files", {}))
            files = _merged(files, {"config.json": record.get("config", {})})
        return files

    def sources(self) -> dict[str, str]:
        """Where the numbers come from, by what they describe."""
        sources: dict[str, Any] = {}
        for record in self.records:
            sources = _merged(sources, record.get("sources", {}))
        return sources

    def model(self, location: str | None = None) -> Model:
        """The model, with weights computed from its config; ``location`` is another id of the same checkpoint."""
        identity = Identity(
            name=self.hub_id.rpartition("/")[2],
            location=location or self.hub_id,
            local=False,
            source="catalogue",
            model_type=self.value("model_type"),
            template=self.value("template"),
            absolute_coordinates=self.value("absolute_coordinates", default=False),
        )
        return replace(assemble(identity, self.files()), sources=tuple(self.sources().items()))


@cache
def families() -> tuple[Record, ...]:
    """Every family's record, those that see first."""
    records = [knowledge.load(f"models/{name}") for name in knowledge.names("models", ".json")]
    return tuple(sorted(records, key=lambda record: "architectures" not in record))


@cache
def entries() -> dict[str, Entry]:
    """Every published model by hub id, family by family."""
    return {entry.hub_id: entry for family in families() for entry in _of_family(family)}


def model_names() -> list[str]:
    """The hub ids of the catalogue, family by family."""
    return list(entries())


def catalogue_models(model_type: str | None = None) -> list[Model]:
    """Every model of the catalogue, or those of one of ms-swift's types."""
    wanted = (entry for entry in entries().values() if model_type in (None, entry.value("model_type")))
    return [entry.model() for entry in wanted]


def _of_family(family: Record) -> Iterator[Entry]:
    for hub_id, record in family["models"].items():
        records = (family, *_lineage(family, record))
        yield Entry(hub_id, records, tuple(record.get("aliases", ())))
        for variant, special in record.get("variants", {}).items():
            yield Entry(f"{hub_id}-{variant}", (*records, family["variants"][variant], special))


def _lineage(family: Record, record: Record) -> list[Record]:
    """The records this one is ``like``, then itself."""
    return [*_lineage(family, family["models"][record["like"]]), record] if "like" in record else [record]


def _merged(base: Record, over: Record) -> dict[str, Any]:
    """``base`` with the values of ``over``; nested objects are merged, null removes."""
    result = dict(base)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = _merged(result[name], value) if both else value
    return {name: value for name, value in result.items() if value is not None}

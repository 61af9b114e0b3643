"""Events: what a line of the server's output tells of its start, its settings and its memory."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from swiftcfg.serverlog.figures import Unit, figure, scale_of
from swiftcfg.serverlog.sightings import SIGHTINGS, Sighting
from swiftcfg.values import dataclass

Origin = Literal["environment", "default", "program"]


@dataclass(frozen=True, slots=True)
class Stage:
    """The server is in a stage of its start; ``done`` of ``total`` parts of it, where the line counts."""

    name: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """The server accepts connections here."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Applied:
    """A setting as the server took it, in its own words, and where it says that the value comes from."""

    name: str
    value: str
    origin: Origin = "program"


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure that the server measured. The true one is within ``rounding`` of ``value``, since text is rounded."""

    name: str
    value: int | float
    unit: Unit
    rounding: int = 0


Event = Stage | Listening | Applied | Measured


def events_of(line: str) -> tuple[Event, ...]:
    """What one line tells; nothing for most lines."""
    return tuple(event for sighting in _promising(line) for event in _events(sighting, line))


def events_in(lines: Sequence[str]) -> list[Event]:
    """What many lines tell, in their order: as events_of for each, quicker for a flood in which nothing is told."""
    block = "\n".join(lines)
    words = [word for word in _by_word() if word in block]
    if not words:
        return []
    return [event for line in lines if any(word in line for word in words) for event in events_of(line)]


@cache
def _by_word() -> dict[str, tuple[Sighting, ...]]:
    """Sightings by the word that a line must have, which is looked for first: it takes 40 ns."""
    words = dict.fromkeys(sighting.word for sighting in SIGHTINGS)
    return {word: tuple(sighting for sighting in SIGHTINGS if sighting.word == word) for word in words}


def _promising(line: str) -> list[Sighting]:
    return [sighting for word, sightings in _by_word().items() if word in line for sighting in sightings]


def _events(sighting: Sighting, line: str) -> Iterable[Event]:
    match = sighting.search(line)
    if match is None:
        return
    told = {group: text for group, text in match.groupdict().items() if text is not None}
    if sighting.stage:
        yield Stage(sighting.stage, *(int(told[part]) if part in told else None for part in ("done", "total")))
    if "port" in told:
        yield Listening(told["host"].strip("[]"), int(told["port"]))
    if "value" in told:
        yield Applied(told.get("name", sighting.applied), told["value"], sighting.origin)
    for group in filter(scale_of, told):
        name, value, unit, rounding = figure(group, told[group])
        yield Measured(name.replace("_", " "), value, unit, rounding)

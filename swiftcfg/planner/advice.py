"""Advice: notes and warnings of the field that apply to a plan, with their sources."""

from collections.abc import Iterable, Mapping
from typing import Any

from packaging.version import Version

from swiftcfg.model import Model
from swiftcfg.runtime import Runtime
from swiftcfg.values import dataclass

#: The source of what a plan says of itself.
THIS_PLAN = "this plan"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence for the operator and where it comes from."""

    id: str
    text: str
    source: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides which advice applies."""

    model: Model
    runtime: Runtime
    task: str
    videos: bool
    shrunk: bool


def advice(rows: Iterable[Mapping[str, Any]], situation: Situation) -> tuple[Note, ...]:
    """The rows of knowledge/advice.yaml whose every condition holds, in their order."""
    return tuple(
        Note(row["id"], row["text"], row["source"], row.get("warning", False))
        for row in rows
        if _applies(row, situation)
    )


def _applies(row: Mapping[str, Any], situation: Situation) -> bool:
    vision = situation.model.vision
    facts = {
        "videos": situation.videos,
        "shrunk": situation.shrunk,
        "absolute": situation.model.absolute_coordinates,
    }
    return (
        all(row[name] == fact for name, fact in facts.items() if name in row)
        and ("tasks" not in row or situation.task in row["tasks"])
        and ("kinds" not in row or (vision is not None and vision.kind in row["kinds"]))
        and _reached(row.get("ms_swift"), situation.runtime.ms_swift)
        and _reached(row.get("vllm"), situation.runtime.vllm)
    )


def _reached(since: str | None, version: Version | None) -> bool:
    """Whether a version is ``since`` or newer; an unknown one is not, so that nothing is claimed of it."""
    return since is None or (version is not None and version >= Version(since))

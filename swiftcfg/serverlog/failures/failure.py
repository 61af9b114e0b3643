"""Failure: one way in which a server says what it died of, as a row of a table."""

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from swiftcfg.serverlog.figures import compiled
from swiftcfg.values import dataclass

Kind = Literal[
    "flags", "port", "type or template", "package", "weights", "hub", "model code", "settings",
    "start check", "profile memory", "kv memory", "cuda oom", "host oom", "driver", "gpu fault", "communication",
    "shared memory", "disk", "permission", "open files", "crash", "stopped", "killed", "hung", "proof",
    "unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """What a line must have, what it means and what to change.

    ``word`` is in every such line; ``pattern`` is searched in it and may be empty. Its groups are figures, as in
    sightings. ``lines`` before the line are searched with it, and the traceback above it must have one of ``after``.
    In ``sentence`` and ``remedy`` a figure stands in braces, a knob in ``<>`` for the flag of the release that
    serves. ``stages`` gives kind and remedy for some stages and backends. A ``follower`` only tells that something
    failed, and any other line tells more. A row that ``refines`` kinds explains an earlier line of such a kind.
    """

    kind: Kind
    word: str
    pattern: str
    sentence: str
    remedy: str
    source: str
    stages: Mapping[str, tuple[Kind, str]] = field(default_factory=dict)
    lines: int = 1
    after: tuple[str, ...] = ()
    follower: bool = False
    refines: tuple[Kind, ...] = ()

    @property
    def is_echo(self) -> bool:
        """It tells of a process that another one lost, and not why: any exception tells more."""
        return self.follower and self.kind in {"killed", "unknown"}

    def search(self, text: str) -> re.Match[str] | None:
        return compiled(self.pattern or re.escape(self.word)).search(text)

    def meaning(self, *where: str) -> tuple[Kind, str]:
        """Kind and remedy, by the first of these stages or backends that the row has its own for."""
        return next((self.stages[place] for place in where if place in self.stages), (self.kind, self.remedy))

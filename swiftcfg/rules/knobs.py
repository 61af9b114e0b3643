"""Settings of the serving engine: where a call writes one, and the change that writes it otherwise."""

import json
from collections.abc import Mapping
from typing import Any

from swiftcfg import laxjson
from swiftcfg.backend import ALIASED, ALIASED_UNTIL, PREFIXED, route
from swiftcfg.engine import BackendName
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import SetFlag
from swiftcfg.rules.written import Written, in_force
from swiftcfg.script import Place, Script
from swiftcfg.settings.draft import REPAIRS_JSON
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Knobs:
    """The flags of one call, seen as settings of its engine."""

    script: Script
    catalog: FlagCatalog
    backend: BackendName

    def written(self, knob: str) -> Written | None:
        """The use that counts, of the flag or of the one that holds it as a key."""
        given = in_force(self.script, self.catalog)
        if knob in given and knob in ALIASED and PREFIXED <= self.catalog.version < ALIASED_UNTIL:
            return given[knob]
        way = route(self.backend, knob, self.catalog.version)
        return given.get(way.flag) if way else None

    def place(self, knob: str) -> Place:
        one = self.written(knob)
        return one.use.place if one else self.script.place

    def subject(self, knob: str) -> str | None:
        """The flag as findings name it; None where this release has no way to set it."""
        one, way = self.written(knob), route(self.backend, knob, self.catalog.version)
        return one.use.spelling if one else f"--{way.flag}" if way else None

    def change(self, knob: str, value: Any) -> tuple[SetFlag, ...]:
        """What sets it to a value; nothing where this release has no way, or what is written cannot be added to."""
        way = route(self.backend, knob, self.catalog.version)
        if way is None:
            return ()
        one = self.written(knob)
        name = one.use.name if one else way.flag
        if way.key is None and not isinstance(value, Mapping):
            return (SetFlag(name, f"{value:g}" if isinstance(value, float) else str(value)),)
        held = self._held(one)
        if held is None:
            return ()
        return (SetFlag(name, json.dumps({**held, **(value if way.key is None else {way.key: value})})),)

    def _held(self, one: Written | None) -> Mapping[str, Any] | None:
        """The object that a flag holds now; None where it is none, or not known."""
        if one is None:
            return {}
        try:
            value = laxjson.read(one.word or "", repaired=self.catalog.version >= REPAIRS_JSON)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

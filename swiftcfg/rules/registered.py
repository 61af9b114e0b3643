"""Values that ms-swift looks up among what its own modules register: model types and templates, by release."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.releases import told
from swiftcfg.rules.written import Written, in_force
from swiftcfg.script import Script

#: With these a user's own code may register more.
_REGISTERS = frozenset({"external_plugins", "custom_register_path"})


def unknown_value(script: Script, catalog: FlagCatalog, flag: str, noun: str) -> Iterator[Finding]:
    """A finding where a flag names nothing that this release registers; ``flag`` names the list, in the singular."""
    given, kind = in_force(script, catalog), f"{flag}s"
    one = given.get(flag)
    if one is None or not one.word or _REGISTERS & given.keys():
        return
    lifetimes = catalog.value_lifetimes(kind, one.word)
    if any(catalog.version in life for life in lifetimes):
        return
    known = catalog.values(kind)
    history = f"{one.word} {told(lifetimes, catalog)}, and " if lifetimes else ""
    near, safe = _nearest(one.word, known, was_known=bool(lifetimes))
    question = f"; did you mean {near}?" if near else ""
    message = f"{history}ms-swift {catalog.version} knows no {noun} {one.word}{question}"
    yield Finding(message, one.use.place, one.use.spelling, _fix(one, near, safe=safe))


def _fix(one: Written, near: str | None, *, safe: bool) -> Fix | None:
    return Fix(f"write {near}", (SetFlag(one.use.name, near),), safe=safe) if near else None


def _nearest(written: str, known: list[str], *, was_known: bool) -> tuple[str | None, bool]:
    """What may be meant, and whether it surely is: the same but for hyphens, blanks and capitals."""
    plain = {_plain(name): name for name in known}
    same = plain.get(_plain(written))
    if same:
        return same, True
    slip = next(iter(get_close_matches(written, known, 1)), None)
    return (_beginning(written, plain) if was_known else None) or slip, False


def _plain(name: str) -> str:
    return re.sub(r"[-_.\s]+", "_", name.lower())


def _beginning(written: str, plain: dict[str, str]) -> str | None:
    """The longest name that a 2.x name begins with: qwen2_vl of qwen2-vl-7b-instruct."""
    beginnings = [name for name in plain if _plain(written).startswith(f"{name}_")]
    return plain[max(beginnings, key=len)] if beginnings else None

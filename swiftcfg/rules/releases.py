"""Names that ms-swift has in some releases and not in others."""

from collections.abc import Mapping, Sequence

from swiftcfg.backend import flag_name, successor
from swiftcfg.engine import BackendName
from swiftcfg.flags import FlagCatalog, Lifetime, NoEffect
from swiftcfg.rules.written import Written

#: Words that ``swift deploy`` knows beside the fields of its arguments; other rules speak of them.
_NOT_FIELDS = frozenset({"config"})


def is_unheard_of(name: str, catalog: FlagCatalog, backend: BackendName) -> bool:
    """Whether no release has a flag of this name, and no engine a setting."""
    return name not in _NOT_FIELDS and not is_of_another_release(name, catalog, backend)


def is_of_another_release(name: str, catalog: FlagCatalog, backend: BackendName) -> bool:
    """Whether a name that this release does not know is a flag of another one, or a knob's other spelling."""
    return bool(catalog.lifetimes(name) or successor(name, catalog, backend))


def when(name: str, catalog: FlagCatalog) -> str:
    """``is gone since 3.10.0`` or ``comes with 3.7.0``."""
    return told(catalog.lifetimes(name), catalog)


def told(lifetimes: Sequence[Lifetime], catalog: FlagCatalog) -> str:
    """When a name was there, seen from this release."""
    gone = [life.until for life in lifetimes if life.until and life.until <= catalog.version]
    coming = [life.since for life in lifetimes if life.since > catalog.version]
    if gone:
        return f"is gone since {max(gone)}"
    return f"comes with {min(coming)}" if coming else "is another engine's word"


def effective(row: NoEffect, catalog: FlagCatalog, backend: BackendName) -> str | None:
    """The flag that has the effect, and takes the same words, which the engine's free keywords do not."""
    if row.instead is None or row.instead == "engine_kwargs":
        return None
    return flag_name(backend, row.instead, catalog.version)


def model_words(given: Mapping[str, Written]) -> list[str]:
    """What is written as model and as its type: the last part of a name, in lower case."""
    words = [given[name].word for name in ("model", "model_id_or_path", "model_type") if name in given]
    return [word.rstrip("/").rpartition("/")[2].lower() for word in words if word]

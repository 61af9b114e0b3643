"""From the many spellings of a model's name to its entry."""

import difflib
import re
from functools import cache

from swiftcfg.catalogue.entries import Entry, entries
from swiftcfg.errors import InputError


def find_entry(name: str) -> Entry:
    """The entry for a hub id, its last part, or that without ``Instruct``, in any case.

    Raises InputError with the nearest names.
    """
    found = known_entry(name)
    if found is None:
        raise InputError(f"no model called {name!r} is known, and there is no such folder", _nearest(name))
    return found


def known_entry(name: str) -> Entry | None:
    """The same, or None."""
    hub_id = _index().get(_key(name))
    return entries()[hub_id] if hub_id else None


@cache
def _index() -> dict[str, str]:
    """Every accepted spelling -> hub id; a fuller name wins over a shortened one."""
    spellings: dict[str, str] = {}
    for shorten in (str, _basename, _without_instruct):
        for hub_id, entry in entries().items():
            for name in (hub_id, *entry.aliases):
                spellings.setdefault(_key(shorten(name)), hub_id)
    return spellings


def _basename(hub_id: str) -> str:
    return hub_id.rpartition("/")[2]


def _without_instruct(hub_id: str) -> str:
    return re.sub(r"-instruct(?=-|$)", "", _basename(hub_id), flags=re.IGNORECASE)


def _key(name: str) -> str:
    """Spellings that differ only in case and separators are one: qwen2_5_vl_7b, Qwen2.5-VL-7B."""
    return re.sub(r"[-_.\s]+", "-", name.strip().lower())


def _nearest(name: str) -> str:
    spellings = _index()
    near = difflib.get_close_matches(_key(_basename(name)), spellings, n=6, cutoff=0.6)
    hub_ids = list(dict.fromkeys(spellings[key] for key in near))[:3]
    known = f"near: {', '.join(hub_ids)}" if hub_ids else "`swiftcfg models` lists the known ones"
    return f"{known}; or give the path of a folder with config.json and safetensors files"

"""Preflight: what keeps a server from starting as planned, looked for before anything is started, all at once."""

import time
from collections.abc import Iterator

from swiftcfg.errors import SwiftcfgError
from swiftcfg.preflight.known import Known, look
from swiftcfg.preflight.result import Note, Preflight, Problem, Said
from swiftcfg.preflight.table import CHECKS, Check
from swiftcfg.starting import Subject

__all__ = ["Note", "Preflight", "Problem", "preflight"]


def preflight(subject: Subject) -> Preflight:
    """Every check of the table on one subject; nothing is started, imported from its environment or changed."""
    began = time.monotonic()
    known = look(subject)
    said = tuple(one for check in CHECKS for one in _said(check, known))
    problems = tuple(one for one in said if isinstance(one, Problem))
    notes = tuple(one for one in said if isinstance(one, Note))
    return Preflight(problems, notes, time.monotonic() - began)


def _said(check: Check, known: Known) -> Iterator[Said]:
    """What a check says; one that cannot be made is a note, and keeps no other from being made."""
    try:
        yield from check.run(known)
    except SwiftcfgError as error:
        yield Note(check.name, f"not checked: {error.sentence}")
    except OSError as error:
        yield Note(check.name, f"not checked: {error}")

"""Preflight: what keeps a server from starting as planned, looked for before anything is started, all at once."""

import time
from collections.abc import Iterator

from swiftcfg.errors import SwiftcfgError
from swiftcfg.nvml import machine_or_fault
from swiftcfg.preflight.known import Known, known_of
from swiftcfg.preflight.result import Note, Preflight, Problem, Said
from swiftcfg.preflight.table import CHECKS, Check
from swiftcfg.starting import Subject

__all__ = ["Note", "Preflight", "Problem", "preflight"]

#: How long NVML may take: without persistence mode a driver wakes up card by card, a second or two for each.
_NVML_PATIENCE_S = 15.0


def preflight(subject: Subject) -> Preflight:
    """Every check of the table on one subject; nothing is started, imported from its environment or changed."""
    began = time.monotonic()
    known = known_of(subject, machine_or_fault(_NVML_PATIENCE_S))
    said = tuple(one for check in CHECKS for one in _said(check, known))
    problems = tuple(one for one in said if isinstance(one, Problem))
    notes = tuple(one for one in said if isinstance(one, Note))
    return Preflight(problems, notes, time.monotonic() - began, known.facts)


def _said(check: Check, known: Known) -> Iterator[Said]:
    """What a check says; one that cannot be made is a note, and keeps no other from being made."""
    try:
        yield from check.run(known)
    except SwiftcfgError as error:
        yield Note(check.name, f"not checked: {error.sentence}")
    except OSError as error:
        yield Note(check.name, f"not checked: {error}")

"""Probe: ask a running server for real, count what it counted, and hold that against what it should count."""

from swiftcfg.probe.checks import Check
from swiftcfg.probe.items import Item, item_of_text
from swiftcfg.probe.prove import Proof, prove, try_items
from swiftcfg.probe.respondent import Respondent, look
from swiftcfg.probe.wish import PICTURE, Found, Wish, fulfil

__all__ = [
    "PICTURE",
    "Check",
    "Found",
    "Item",
    "Proof",
    "Respondent",
    "Wish",
    "fulfil",
    "item_of_text",
    "look",
    "prove",
    "try_items",
]

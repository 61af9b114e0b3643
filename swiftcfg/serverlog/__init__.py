"""The server's output, read: where its start is, what it measured, and what it died of."""

from swiftcfg.serverlog.events import Applied, Event, Listening, Measured, Stage, events_in, events_of
from swiftcfg.serverlog.lines import LONGEST_LINE, Lines, clean
from swiftcfg.serverlog.sightings import STAGES

__all__ = [
    "LONGEST_LINE",
    "STAGES",
    "Applied",
    "Event",
    "Lines",
    "Listening",
    "Measured",
    "Stage",
    "clean",
    "events_in",
    "events_of",
]

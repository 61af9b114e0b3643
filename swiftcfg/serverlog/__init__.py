"""The server's output, read: where its start is, what it measured, and what it died of."""

from swiftcfg.serverlog.cause import Cause, Death, cause_of
from swiftcfg.serverlog.events import Applied, Event, Listening, Measured, Stage, events_in, events_of
from swiftcfg.serverlog.lines import LONGEST_LINE, Lines, clean
from swiftcfg.serverlog.measures import Comparison, compare, figures_of, furthest
from swiftcfg.serverlog.sightings import STAGES
from swiftcfg.serverlog.witness import Witness

__all__ = [
    "LONGEST_LINE",
    "STAGES",
    "Applied",
    "Cause",
    "Comparison",
    "Death",
    "Event",
    "Lines",
    "Listening",
    "Measured",
    "Stage",
    "Witness",
    "cause_of",
    "clean",
    "compare",
    "events_in",
    "events_of",
    "figures_of",
    "furthest",
]

"""Cause: from a server's last lines and how it ended to what it died of and what to change."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from packaging.version import Version

from swiftcfg.backend import route
from swiftcfg.engine import BackendName
from swiftcfg.runtime import DEFAULT_MS_SWIFT
from swiftcfg.serverlog.endings import STOPS, ending_of, signal_of
from swiftcfg.serverlog.events import Measured, events_in
from swiftcfg.serverlog.failures import FAILURES, Failure, Kind
from swiftcfg.serverlog.figures import figure, scale_of
from swiftcfg.units import gib
from swiftcfg.values import dataclass

Figures = Mapping[str, int | float | str]

#: How far above an error its traceback reaches: those of vLLM have 30 to 60 lines. Chosen.
_TRACEBACK = 80
_TRACEBACK_START = "Traceback (most recent call last)"
#: Where in a line its message is: some patterns take the square of a line's length, 30 s for one of 64 kB. Chosen.
_SEARCHED = 2000
#: What a line shows of itself in a sentence. Chosen.
_SHOWN = 300
_LOOK = "look at the log; VLLM_LOGGING_LEVEL=DEBUG and --log_level debug make it say more"
_OWN_CODE = "fetch the model's newest files, and install the release of transformers that its page names"

#: What vLLM writes before each line of a message (once without the first bracket), torchrun before those of a rank.
_PREFIX = re.compile(
    r"^(?:\([^()]*pid=\d+\) ?)?(?:\[rank\d+\]:? ?)?"
    r"(?:(?:ERROR|WARNING|CRITICAL|INFO|DEBUG) [\d-]+ [\d:.]+ \[?[\w./-]+(?::\d+)?\] ?)?"
)
#: Lines that their programs call no error: what is written below ERROR was lived with.
_CALM = re.compile(r"^(?:\([^()]*pid=\d+\) ?)?\[?(?:INFO|WARNING|DEBUG)\b|^\S+:\d+: \w*Warning: ")
_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Failure|Timeout)(?::|$)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Death:
    """How a server ended. ``status`` is as waitpid gives it, negative for a signal; None while it lives but hangs.

    ``by`` is who ended it: itself, or stop, leash and guard of the warden. ``oom_kills`` is how many processes the
    kernel ended for want of memory in that time, None where that is not known.
    """

    status: int | None
    lines: Sequence[str] = ()
    stage: str = ""
    by: str = "itself"
    ms_swift: Version | None = None
    backend: BackendName = "vllm"
    oom_kills: int | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What a server died of. The keys of ``figures`` end with their unit: ``needed_bytes``, ``fitting_tokens``.

    ``line`` is the line that tells it, empty where the way it ended does.
    """

    kind: Kind
    sentence: str
    remedy: str
    figures: Figures = field(default_factory=dict)
    line: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Find:
    """A row that matches a line."""

    failure: Failure
    at: int
    figures: Figures


def cause_of(death: Death) -> Cause:
    """What it died of: who ended it, what the log tells first, how it ended; unknown where none of these tells."""
    if death.by in STOPS:
        return Cause("stopped", *STOPS[death.by])
    lines = ["" if _CALM.match(line) else _PREFIX.sub("", line)[:_SEARCHED] for line in death.lines]
    ending = ending_of(death.status, death.oom_kills, death.stage)
    found = first_failure(lines, death)
    if ending and (found is None or ending.outweighs(found.failure)):
        return Cause(ending.kind, ending.sentence, ending.remedy, {"signal": signal_of(death.status) or 0})
    if found and not found.failure.is_echo:
        return _told(found, lines, death)
    return _unknown(found, lines, death)


def first_failure(lines: Sequence[str], death: Death) -> Find | None:
    """The first line that tells a cause, or a later one that explains it; else the first that follows from one."""
    finds = list(_finds(lines))
    first = next((find for find in finds if not find.failure.follower), None)
    if first is None:
        return next(iter(finds), None)
    kind, _ = first.failure.meaning(death.backend, death.stage)
    better = next((find for find in finds if kind in find.failure.refines), first)
    return Find(better.failure, better.at, {**first.figures, **better.figures})


def _finds(lines: Sequence[str]) -> Iterator[Find]:
    for at in _spoken(lines):
        for failure in FAILURES:
            if failure.word in lines[at] and (figures := _match(failure, lines, at)) is not None:
                yield Find(failure, at, figures)
                break


def _spoken(lines: Sequence[str]) -> Iterator[int]:
    """The lines that are no source code which a traceback shows: that has messages too, before they are filled in."""
    inside = False
    for at, line in enumerate(lines):
        below = at > 0 and lines[at - 1].lstrip().startswith('File "')
        inside = _TRACEBACK_START in line or ((inside or below) and line[:1] in {"", " ", "|", "+"})
        if not inside:
            yield at


def _match(failure: Failure, lines: Sequence[str], at: int) -> Figures | None:
    match = failure.search("\n".join(lines[max(0, at + 1 - failure.lines) : at + 1]))
    above = lines[max(0, at - _TRACEBACK) : at]
    if match is None or (failure.after and not any(word in line for line in above for word in failure.after)):
        return None
    return _figures({group: text for group, text in match.groupdict().items() if text is not None})


def _figures(groups: Mapping[str, str]) -> Figures:
    read: dict[str, int | float | str] = {}
    for group, text in groups.items():
        if scale_of(group):
            name, value, unit, _ = figure(group, text)
            read[f"{name}_{unit}"] = value
        else:
            read[group] = text
    return {**read, **_derived(read)}


def _derived(read: Figures) -> Figures:
    """How much is missing, and the largest share of the whole that there would have been."""
    available, total = read.get("available_bytes"), read.get("total_bytes")
    asked = read.get("needed_bytes", read.get("wanted_bytes"))
    if not isinstance(asked, int) or not isinstance(available, int) or asked < available:
        return {}
    derived: dict[str, int | float] = {"missing_bytes": asked - available}
    if "needed_bytes" in read and isinstance(total, int) and total > 0:
        derived["largest_share"] = math.floor(100 * available / total) / 100
    return derived


def _told(found: Find, lines: Sequence[str], death: Death) -> Cause:
    kind, remedy = found.failure.meaning(death.backend, death.stage)
    figures = {**_shortage(death.lines), **found.figures} if kind == "profile memory" else found.figures
    shown = {name.rpartition("_")[0] if scale_of(name) else name: _shown(name, figures[name]) for name in figures}
    return Cause(
        kind=kind,
        sentence=found.failure.sentence.format_map(shown),
        remedy=_flags(remedy.format_map(shown), death),
        figures=figures,
        line=lines[found.at].strip()[:_SHOWN],
        source=found.failure.source,
    )


def _shown(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return value
    return gib(value) if name.endswith("_bytes") else f"{value:.10g}"


def _shortage(lines: Sequence[str]) -> Figures:
    """What the cache lacked by the engine's own account, where that was less than nothing."""
    left = [event.value for event in events_in(lines) if isinstance(event, Measured) and event.name == "kv cache"]
    return {"missing_bytes": -int(min(left))} if left and min(left) < 0 else {}


def _flags(remedy: str, death: Death) -> str:
    """A remedy with the knobs in ``<>`` as the release that serves spells them."""
    return re.sub(r"<(\w+)>", lambda knob: _flag(knob[1], death), remedy)


def _flag(knob: str, death: Death) -> str:
    way = route(death.backend, knob, death.ms_swift or DEFAULT_MS_SWIFT)
    if way is None:
        return f"{knob} (for which this release has no flag)"
    return f"{way.key} in --{way.flag}" if way.key else f"--{way.flag}"


def _unknown(follower: Find | None, lines: Sequence[str], death: Death) -> Cause:
    """No row matches: what the last exception says, in its own words."""
    at = max((at for at in _spoken(lines) if _is_telling(lines[at])), default=None)
    if at is None and follower:
        return _told(follower, lines, death)
    line = (lines[at] if at is not None else next(reversed(death.lines), "")).strip()[:_SHOWN]
    if at is not None and any("transformers_modules" in text for text in lines[max(0, at - _TRACEBACK) : at]):
        return Cause("model code", f"code that belongs to the model failed: {line}", _OWN_CODE, line=line)
    how = "hangs" if death.status is None else f"ended with status {death.status}"
    why = f"its last telling line is: {line}" if line else "it said nothing"
    return Cause("unknown", f"the server {how}, and why is not known here; {why}", _LOOK, line=line)


def _is_telling(line: str) -> bool:
    return bool(_EXCEPTION.match(line)) and not any(row.is_echo and row.word in line for row in FAILURES)

"""Servers, how one was stopped, and its log, as text and as JSON."""

import signal
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import many, table
from swiftcfg.report.plain import plain
from swiftcfg.servers.found import Server, Servers
from swiftcfg.servers.shape import TIME_FORMAT
from swiftcfg.servers.stopping import Stopped
from swiftcfg.units import MIB, duration

SCHEMA_VERSION = 1

#: Heads of the list, and where the cells come from.
_COLUMNS: tuple[tuple[str, Callable[[Server, datetime], str]], ...] = (
    ("name", lambda server, _: server.name),
    ("state", lambda server, _: state_text(server)),
    ("address", lambda server, _: _text(server, "url")),
    ("model", lambda server, _: _text(server, "served_model_name") or _last_part(_text(server, "model"))),
    ("pid", lambda server, _: str(server.pid) if server.members else ""),
    ("host memory", lambda server, _: f"{server.memory_bytes() / MIB:,.0f} MiB" if server.members else ""),
    ("started", lambda server, now: f"{duration((now - time_of(server.state['started_at'])).total_seconds())} ago"),
)


def servers_text(found: Servers, now: datetime) -> str:
    """A line for each; what has no value stays empty."""
    rows = [[head for head, _ in _COLUMNS], *([cell(each, now) for _, cell in _COLUMNS] for each in found.servers)]
    lines = table(rows) if found.servers else ["no server runs"]
    return "\n".join([*lines, *(f"note: {plain(note)}" for note in found.notes), ""])


def servers_json(found: Servers) -> str:
    """docs/schemas/ps.schema.json."""
    listed = [server_data(each) for each in found.servers]
    return as_json({"schema_version": SCHEMA_VERSION, "servers": listed, "notes": list(found.notes)})


def server_data(server: Server) -> dict[str, Any]:
    record, members = server.record, server.members
    return {
        "name": server.name,
        "state": server.phase,
        "machine": server.host,
        "pid": server.pid if members else None,
        "processes": [{"pid": each.pid, "name": each.name} for each in members],
        "host_memory_bytes": server.memory_bytes() if members else None,
        "started_at": server.state["started_at"],
        **{name: record.get(name) for name in ("ready_at", "url", "model", "served_model_name", "backend")},
        "detached": server.state["detached"],
        "log": server.log,
        "log_lost": server.state["log_lost"],
        "end": _end_data(server.ended),
    }


def stopped_text(stopped: Stopped) -> str:
    """One sentence: it has ended, and how; or it had ended before."""
    if stopped.found == "lost":
        return f"{stopped.name} had ended before, without a word of how\n"
    if stopped.found == "ended":
        return f"{stopped.name} had ended before: {end_text(stopped.ended)}\n"
    return f"{stopped.name} stopped in {duration(stopped.took_s)}: {end_text(stopped.ended)}\n"


def stopped_json(stopped: Stopped) -> str:
    """docs/schemas/stop.schema.json."""
    return as_json({
        "schema_version": SCHEMA_VERSION,
        "name": stopped.name,
        "found": stopped.found,
        "seconds": round(stopped.took_s, 3),
        "end": _end_data(stopped.ended),
    })  # fmt: skip


def state_text(server: Server) -> str:
    """The state in a word or a few; of one that has ended, how."""
    if server.phase == "ended":
        return end_text(server.ended)
    return f"on {plain(server.host)}" if server.phase == "elsewhere" else server.phase


_BY = {
    "itself": "ended",
    "stop": "stopped",
    "leash": "stopped when whoever started it was gone",
    "guard": "stopped when its warden was killed",
}


def end_text(ended: dict[str, Any] | None) -> str:
    """``ended with status 1``, ``ended by SIGKILL``, ``stopped, 2 processes killed``."""
    if ended is None:
        return "nothing is known of its end"
    how = _BY[ended["by"]] + (_status(ended["status"]) if ended["by"] == "itself" else "")
    killed = len(ended["killed"])
    return how + (f", {many(killed, 'process')} killed" if killed else "")


def _status(status: int | None) -> str:
    if status is None:
        return ""
    return f" with status {status}" if status >= 0 else f" by {signal_name(-status)}"


def signal_name(number: int) -> str:
    """``SIGKILL``; the number where the signal has no name of its own."""
    return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


def _end_data(ended: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if ended is None else {name: ended[name] for name in ("at", "by", "status", "killed")}


def _last_part(model: str) -> str:
    """What the server will call a model that is a folder or a hub's."""
    return model.rstrip("/").rpartition("/")[2]


def _text(server: Server, name: str) -> str:
    value = server.record.get(name)
    return "" if value is None else plain(str(value))


def time_of(text: str) -> datetime:
    """A moment as the state writes it."""
    return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=timezone.utc)

"""How a server is doing, as text and as JSON."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from swiftcfg.launch.standing import Standing
from swiftcfg.report.as_json import as_json
from swiftcfg.report.cause import cause_data
from swiftcfg.report.layout import wrapped
from swiftcfg.report.plain import plain
from swiftcfg.report.servers import server_data, state_text, time_of
from swiftcfg.units import MIB, duration, gib

SCHEMA_VERSION = 1
_LABEL = 12


def is_well(found: Standing) -> bool:
    """Whether it answers, or has ended as it was asked to."""
    ended = found.server.ended
    return found.answers or (ended is not None and ended["by"] == "stop")


def standing_text(found: Standing, now: datetime) -> str:
    """A line for each thing that is known."""
    return "".join(f"{_row(label, text)}\n" for label, text in _rows(found, now) if text)


def _rows(found: Standing, now: datetime) -> Iterator[tuple[str, str]]:
    server, record = found.server, found.server.record
    yield "name", server.name
    age = (now - time_of(server.state["started_at"])).total_seconds()
    yield "state", f"{state_text(server)}; started {duration(age)} ago"
    yield "address", _text(record.get("url"))
    yield "chat", _chat(found)
    yield "meaning", _meaning(found)
    yield "cause", f"{found.cause.kind}: {plain(found.cause.sentence)}" if found.cause else ""
    yield "change", plain(found.cause.remedy) if found.cause else ""
    yield "model", _text(record.get("model"))
    yield "versions", plain(", ".join(f"{name} {version}" for name, version in record.get("versions", {}).items()))
    yield "settings", plain(" ".join(f"{name}={value}" for name, value in record.get("variables", {}).items()))
    if server.members:
        count, held = len(server.members), server.memory_bytes() / MIB
        others = f" and {count - 1} more" if count > 1 else ""
        yield "processes", f"{server.pid}{others}, {held:,.0f} MiB of host memory" + _gpu(found)
    proved = {True: "passed when it started", False: "failed", None: ""}[record.get("proved")]
    yield "proof", proved
    yield "log", plain(server.log)


def _chat(found: Standing) -> str:
    if found.answer is not None and found.answers:
        return f"answers in {duration(found.answer.elapsed_s)}, {found.answer.prompt_tokens} prompt tokens"
    return f"does not answer: {plain(found.fault)}" if found.fault else ""


def _meaning(found: Standing) -> str:
    """What the server's refusal means, where that is known."""
    if found.answer is None or found.answers:
        return ""
    from swiftcfg.probe.refusals import meaning_of  # noqa: PLC0415  (a server that answers is asked without it)

    return meaning_of(found.answer, "text") or ""


def _gpu(found: Standing) -> str:
    return f", {gib(found.gpu_bytes)} of GPU memory" if found.gpu_bytes else ""


def _text(value: object) -> str:
    return "" if value is None else plain(str(value))


def _row(label: str, text: str) -> str:
    return wrapped(text, " " * _LABEL, first=f"{label:<{_LABEL}}")


def standing_json(found: Standing) -> str:
    """docs/schemas/status.schema.json."""
    answer = found.answer
    chat: dict[str, Any] = {"answers": found.answers, "fault": found.fault, "status": None, "seconds": None}
    if answer is not None:
        chat |= {"status": answer.status, "seconds": round(answer.elapsed_s, 3)}
    return as_json({
        "schema_version": SCHEMA_VERSION,
        "well": is_well(found),
        "server": server_data(found.server),
        "chat": chat | {"prompt_tokens": answer.prompt_tokens if answer else None},
        "cause": cause_data(found.cause) if found.cause else None,
        "gpu_memory_bytes": found.gpu_bytes,
        "measured": [{"name": name, **figure} for name, figure in found.server.record.get("measured", {}).items()],
        "versions": found.server.record.get("versions", {}),
        "variables": found.server.record.get("variables", {}),
        "proved": found.server.record.get("proved"),
    })  # fmt: skip

"""The JSON Schemas of ``swiftcfg ps`` and ``swiftcfg stop``; tools/schemas.py writes them."""

from typing import Any, get_args

from schema_parts import AMOUNT, SECONDS, TEXT, TEXTS, TRUTH, VERSIONED, WHOLE, array, optional, record

from swiftcfg.servers.found import Phase

TIME = {"type": "string", "format": "date-time"}
STATE = {"enum": [*get_args(Phase)]}
END = record(at=TIME, by={"enum": ["itself", "stop", "leash", "guard"]}, status=optional(WHOLE), killed=array(WHOLE))


SERVER = record(
    name=TEXT,
    state=STATE,
    machine=TEXT,
    pid=optional(WHOLE),
    processes=array(record(pid=WHOLE, name=TEXT)),
    host_memory_bytes=optional(AMOUNT),
    started_at=TIME,
    ready_at=optional(TIME),
    url=optional(TEXT),
    model=optional(TEXT),
    served_model_name=optional(TEXT),
    backend=optional(TEXT),
    detached=TRUTH,
    log=TEXT,
    log_lost=optional(record(lines=WHOLE, why=optional(TEXT))),
    end=optional(END),
)


def ps() -> dict[str, Any]:
    """The output of swiftcfg ps --format json."""
    listed = record(VERSIONED, servers=array(SERVER), notes=TEXTS)
    return {"title": "swiftcfg ps --format json", **listed}


def stop() -> dict[str, Any]:
    """The output of swiftcfg stop --format json."""
    stopped = record(VERSIONED, name=TEXT, found=STATE, seconds=SECONDS, end=optional(END))
    return {"title": "swiftcfg stop --format json", **stopped}

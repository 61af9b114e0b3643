"""The JSON Schemas of ``swiftcfg ps`` and ``swiftcfg stop``; tools/schemas.py writes them."""

from typing import Any, get_args

from gpu_schema import AMOUNT, TEXT, array, optional, record

from swiftcfg.servers.found import Phase

WHOLE = {"type": "integer"}
TRUTH = {"type": "boolean"}
TIME = {"type": "string", "format": "date-time"}
STATE = {"enum": [*get_args(Phase)]}
END = {
    **record(at=TIME, by={"enum": ["itself", "stop", "leash", "guard"]}, status=optional(WHOLE), killed=array(WHOLE)),
    "type": ["object", "null"],
}


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
    log_lost={**record(lines=WHOLE, why=optional(TEXT)), "type": ["object", "null"]},
    end=END,
)


def ps() -> dict[str, Any]:
    """The output of swiftcfg ps --format json."""
    listed = record(schema_version={"const": 1}, servers=array(SERVER), notes=array(TEXT))
    return {"title": "swiftcfg ps --format json", **listed}


def stop() -> dict[str, Any]:
    """The output of swiftcfg stop --format json."""
    stopped = record(schema_version={"const": 1}, name=TEXT, found=STATE, seconds={"type": "number"}, end=END)
    return {"title": "swiftcfg stop --format json", **stopped}

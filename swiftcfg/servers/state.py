"""What the state file of one server says, written by its warden and read by everybody else."""

import json
import os
import time
from typing import Any

from swiftcfg.procfs import boot_id, pid_namespace, process
from swiftcfg.servers.folder import STATE, ServerFolder
from swiftcfg.servers.shape import SCHEMA_VERSION, TIME_FORMAT, fault_in

#: A state holds the words and variables of a call (Linux takes some 2 MiB) and the last lines of a server (200 kB),
#: and control characters take six bytes each in JSON.
_READ_LIMIT = 16 * 2**20

State = dict[str, Any]


def new_state(name: str, record: State, *, grace_s: float, token: str) -> State:
    """The state of a server that is about to start; this process is its warden."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "where": here(),
        "warden": identity(os.getpid()),
        "guard": None,
        "server": None,
        "token": token,
        "phase": "starting",
        "detached": False,
        "grace_s": grace_s,
        "started_at": now(),
        "log_lost": None,
        "record": record,
        "ended": None,
    }


def ended_state(state: State, *, status: int | None, by: str, killed: list[int], tail: list[str]) -> State:
    """The same when all is over; ``status`` as subprocess gives it, None where nobody was there to see it."""
    ended = {"status": status, "by": by, "killed": killed, "at": now(), "tail": tail}
    return {**state, "phase": "ended", "ended": ended}


def here() -> dict[str, str]:
    """What a pid means something in: one boot of one machine, and one container's view of it."""
    return {"host": os.uname().nodename, "boot_id": boot_id(), "pid_namespace": pid_namespace()}


def identity(pid: int) -> dict[str, int] | None:
    """A process as the state knows it: number and start time."""
    found = process(pid)
    return None if found is None else {"pid": found.pid, "start_ticks": found.start_ticks}


def now() -> str:
    """This moment."""
    return time.strftime(TIME_FORMAT, time.gmtime())


def write_state(folder: ServerFolder, state: State) -> None:
    folder.replace(STATE, json.dumps(state, indent=1).encode())


def read_state(folder: ServerFolder) -> State:
    """The state as it was last written; raises OSError where there is none and ValueError where it is damaged."""
    try:
        state = json.loads(folder.read(STATE, _READ_LIMIT))
    except RecursionError:
        raise ValueError("it is no state of a server") from None
    fault = fault_in(state, os.path.basename(folder.path))  # noqa: PTH119  (strings: the warden uses this)
    if fault is not None:
        raise ValueError(fault)
    found: State = state
    return found

"""Stopping a server: through its warden, or by ourselves where nobody watches it any more."""

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from signal import SIGKILL, SIGTERM
from typing import Any

from swiftcfg.errors import InputError, MachineError
from swiftcfg.procfs import process
from swiftcfg.servers.folder import REQUEST, ServerFolder
from swiftcfg.servers.found import Phase, Server, is_attended, opened_folder, read_server
from swiftcfg.servers.members import Ending, left_behind, send
from swiftcfg.servers.state import State, ended_state, read_state, write_state
from swiftcfg.values import dataclass

#: A warden that is not done so long after the grace period hangs, and killed processes have vanished by then. Chosen.
PATIENCE_S = 15.0
#: Between two looks whether it has ended. Chosen.
_LOOK_S = 0.05


@dataclass(frozen=True)
class Stopped:
    """How it went: the server as it was found, and how it ended; ``ended`` is None where nothing says so."""

    name: str
    found: Phase
    ended: dict[str, Any] | None
    took_s: float


def stop_server(
    name: str, environment: Mapping[str, str], told: Callable[[str], None], grace_s: float | None = None
) -> Stopped:
    """End a server and wait until nothing of it is left; ``grace_s`` None is what was said when it was started.

    Raises InputError where it runs on another machine, MachineError where its processes do not end even when killed.
    """
    began = time.monotonic()
    server = read_server(name, environment)
    if server.phase == "elsewhere":
        raise InputError(f"{name} runs on {server.host}, or in a container there", "stop it there")
    if server.lives:
        grace_s = server.state["grace_s"] if grace_s is None else grace_s
        with opened_folder(name, server.path) as folder:
            _end(server, folder, grace_s, told)
    return Stopped(name, server.phase, _end_of(name, environment), time.monotonic() - began)


def _end_of(name: str, environment: Mapping[str, str]) -> dict[str, Any] | None:
    """How it ended; None where nothing says so, or somebody has forgotten it since."""
    try:
        return read_server(name, environment).ended
    except InputError:
        return None


def _end(server: Server, folder: ServerFolder, grace_s: float, told: Callable[[str], None]) -> None:
    if server.phase != "unattended":
        told(f"asked {server.name} to end; what is left after {grace_s:g} s will be killed")
        _ask_warden(server, folder, grace_s, told)
    state = _state_now(folder, server.state)
    if state["ended"] is None:
        told(f"nobody watches {server.name} any more; ending its processes from here")
        with suppress(FileNotFoundError):  # its folder was removed meanwhile, as ps --clean does with one that is over
            _end_here(folder, state, grace_s)


def _state_now(folder: ServerFolder, last: State) -> State:
    """The state as it is now; what was known last where it has been removed or damaged since."""
    try:
        return read_state(folder)
    except (OSError, ValueError):
        return last


def _ask_warden(server: Server, folder: ServerFolder, grace_s: float, told: Callable[[str], None]) -> None:
    """Comes back when the server has ended, or when neither the warden nor its guard is there to see to it."""
    try:
        folder.replace(REQUEST, json.dumps({"grace_s": grace_s}).encode())
    except OSError as error:
        told(f"the grace period is the one of the start, as {error.strerror}: {server.path}")
    _signal(server.state["warden"], SIGTERM)
    deadline = time.monotonic() + grace_s + PATIENCE_S
    while time.monotonic() < deadline:
        state = _state_now(folder, server.state)
        if not is_attended(state) or (state["ended"] is not None and not folder.is_held()):
            return
        time.sleep(_LOOK_S)
    told(f"what watches over {server.name} does not answer; ending it from here")
    for each in (state["guard"], state["warden"]):
        _signal(each, SIGKILL)


def _signal(identity: dict[str, int] | None, number: int) -> None:
    found = process(identity["pid"]) if identity else None
    if found and identity and found.start_ticks == identity["start_ticks"]:
        send(found, number)


def _end_here(folder: ServerFolder, state: State, grace_s: float) -> None:
    lock = folder.lock()
    if lock is None:
        raise MachineError(f"somebody else is ending {state['name']} just now", "look again with swiftcfg ps")
    try:
        ending = Ending(lambda: left_behind(**state["server"], token=state["token"]), grace_s)
        if not ending.finish(grace_s + PATIENCE_S):
            pids = ",".join(str(each.pid) for each in ending.left)
            raise MachineError(
                f"processes of {state['name']} do not end even when killed: {pids}",
                f"they hang in the kernel, such as in a driver; look at: ps -o pid,stat,wchan,args -p {pids}",
            )
        write_state(folder, ended_state(state, status=None, by="stop", killed=sorted(ending.killed), tail=[]))
    finally:
        os.close(lock)

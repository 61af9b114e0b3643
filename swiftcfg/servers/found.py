"""The servers that there are: what their state says, held against the processes that live."""

# ruff: noqa: PERF203  (a damaged folder must not hide the others)

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from swiftcfg.errors import InputError, MachineError
from swiftcfg.files import folders_in, shown_name
from swiftcfg.procfs import Process, is_alive, memory_bytes, processes
from swiftcfg.servers.folder import LOG, HeldError, ServerFolder, held_folder
from swiftcfg.servers.members import descendants, left_behind
from swiftcfg.servers.names import checked_name, folder_of, servers_root
from swiftcfg.servers.state import State, here, read_state
from swiftcfg.values import dataclass

#: Under way; over; over without a word about how; running with nobody who watches; running where we see no processes.
Phase = Literal["starting", "serving", "stopping", "ended", "lost", "unattended", "elsewhere"]
LIVING: tuple[Phase, ...] = ("starting", "serving", "stopping", "unattended", "elsewhere")


@dataclass(frozen=True)
class Server:
    """One server at one moment. ``state`` is all that its file says; ``members`` are its processes."""

    name: str
    phase: Phase
    path: str
    state: State
    members: tuple[Process, ...] = ()

    @property
    def lives(self) -> bool:
        return self.phase in LIVING

    @property
    def pid(self) -> int:
        """The server's first process."""
        pid: int = self.state["server"]["pid"]
        return pid

    @property
    def record(self) -> dict[str, Any]:
        """What launch put down, such as model, port and versions."""
        record: dict[str, Any] = self.state["record"]
        return record

    @property
    def ended(self) -> dict[str, Any] | None:
        ended: dict[str, Any] | None = self.state["ended"]
        return ended

    @property
    def host(self) -> str:
        host: str = self.state["where"]["host"]
        return host

    @property
    def log(self) -> str:
        return os.path.join(self.path, LOG)  # noqa: PTH118

    def memory_bytes(self) -> int:
        """What its processes hold now; pages that several share are counted for each."""
        return sum(memory_bytes(each.pid) or 0 for each in self.members)


@dataclass(frozen=True)
class Servers:
    """Those that could be read, by name, and a note for each that could not."""

    servers: tuple[Server, ...]
    notes: tuple[str, ...]


def read_server(name: str, environment: Mapping[str, str]) -> Server:
    """The server of that name; raises InputError where there is none, MachineError where its folder is unreadable."""
    path = folder_of(name, environment)
    with opened_folder(name, path) as folder:
        try:
            return _server(name, folder)
        except FileNotFoundError:
            raise _unknown(name) from None
        except (OSError, ValueError) as error:
            raise MachineError(
                f"the state of {name} cannot be read: {error}",
                f"where nothing of it runs any more: rm -r {shown_name(path)}",
            ) from None


def list_servers(environment: Mapping[str, str]) -> Servers:
    """All of this user, by name. A folder that is no server's is passed over; one that is damaged leaves a note."""
    root = servers_root(environment)
    servers, notes = [], []
    for name in sorted(folders_in(Path(root))):
        try:
            servers.append(read_server(name, environment))
        except InputError:
            continue
        except MachineError as error:
            notes.append(error.sentence)
    return Servers(tuple(servers), tuple(notes))


def without_stale(found: Servers, environment: Mapping[str, str]) -> Servers:
    """Forget those that are over; what is left is listed, with a note for each that could not be removed."""
    kept, notes = [], list(found.notes)
    for each in found.servers:
        try:
            if each.lives or not remove_stale(each.name, environment):
                kept.append(each)
        except MachineError as error:
            kept.append(each)
            notes.append(error.sentence)
    return Servers(tuple(kept), tuple(notes))


def promised_ports(environment: Mapping[str, str]) -> dict[int, str]:
    """Ports that servers of this user will take which are still starting, and the names of these servers."""
    starting = [each for each in list_servers(environment).servers if each.phase == "starting"]
    return {port: each.name for each in starting if isinstance(port := each.record.get("port"), int)}


def remove_stale(name: str, environment: Mapping[str, str]) -> bool:
    """Remove the folder of a server that is over, with its logs; False where it lives, or is just being started.

    Files that are not of a server stay, and so does a folder that has some. Raises MachineError where a file cannot be
    removed.
    """
    path = folder_of(name, environment)
    try:
        if read_server(name, environment).lives:
            return False
        folder, lock = held_folder(path, name)
        with closing(folder):
            try:
                folder.clear()
            finally:
                os.close(lock)
    except (InputError, HeldError) as error:  # somebody else has removed it
        return isinstance(error, InputError)
    except OSError as error:
        raise MachineError(f"{name} cannot be removed: {error}", f"look at: ls -la {shown_name(path)}") from None
    with suppress(OSError):
        os.rmdir(path)  # noqa: PTH106
    return True


@contextmanager
def opened_folder(name: str, path: str) -> Iterator[ServerFolder]:
    """The folder of a server that there is; raises InputError where there is none of that name."""
    try:
        folder = ServerFolder(path)
    except (FileNotFoundError, NotADirectoryError):
        raise _unknown(name) from None
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        yield folder
    except OSError as error:
        raise _unusable(path, error) from None
    finally:
        folder.close()


def _unusable(path: str, error: OSError) -> MachineError:
    return MachineError(f"{shown_name(path)} cannot be used: {error}", f"look at: ls -la {shown_name(path)}")


def _unknown(name: str) -> InputError:
    return InputError(f"there is no server called {checked_name(name)}", "swiftcfg ps --all lists the servers")


def _server(name: str, folder: ServerFolder) -> Server:
    state = read_state(folder)
    phase = _phase(state, folder)
    if phase == "lost":  # or it ended between the two looks
        state = read_state(folder)
        phase = _phase(state, folder)
    members = _members(state) if phase in LIVING and phase != "elsewhere" else []
    return Server(name, phase, folder.path, state, tuple(members))


def _phase(state: State, folder: ServerFolder) -> Phase:
    if state["ended"] is not None:
        return "ended"
    if state["where"] != here():
        return "elsewhere" if folder.is_held() else "lost"
    if is_attended(state):
        return _attended_phase(state)
    return "unattended" if left_behind(**state["server"], token=state["token"]) else "lost"


def is_attended(state: State) -> bool:
    """Whether its warden lives or, once that was killed, its guard, which then ends the server."""
    return any(each is not None and is_alive(**each) for each in (state["warden"], state["guard"]))


def _attended_phase(state: State) -> Phase:
    if state["phase"] == "stopping" or not is_alive(**state["warden"]):
        return "stopping"
    return "serving" if state["record"].get("ready_at") else "starting"


def _members(state: State) -> list[Process]:
    """Its processes: while the warden lives all that descend from it, for orphans come to it, but not its guard."""
    if not is_alive(**state["warden"]):
        return left_behind(**state["server"], token=state["token"])
    guard = (state["guard"] or {}).get("pid")
    return [each for each in descendants(state["warden"]["pid"], processes()) if each.lives and each.pid != guard]

"""Processes and TCP sockets of this machine as Linux tells them in /proc; a process is known by pid and start time.

A pid alone is no name: it is given anew once its process has gone. Together with the time of the start, and that of
the boot it happened in, it is one. Everything here is read at one moment and may be past at the next.

The warden of a server imports this, so it stays with few and light modules.
"""
# ruff: noqa: PTH115, PTH116, PTH118, PTH123, PTH208, PERF203  (strings, not paths: this is read often, and pathlib is not light)

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_PROC = "/proc"


class Process(NamedTuple):
    """One process; ``state`` is the letter that ps shows, ``name`` the first 15 bytes of what it calls itself."""

    pid: int
    parent: int
    group: int
    session: int
    start_ticks: int
    state: str
    name: str

    @property
    def lives(self) -> bool:
        """A zombie has ended: only its status waits for its parent."""
        return self.state not in "ZXx"

    @property
    def identity(self) -> tuple[int, int]:
        """Number and start time: no two processes of one boot have the same."""
        return self.pid, self.start_ticks


class Socket(NamedTuple):
    """One TCP socket: its own end, and a state such as LISTEN; ``inode`` is 0 where no process holds it any more."""

    address: str
    port: int
    inode: int
    state: str

    @property
    def listening(self) -> bool:
        return self.state == "LISTEN"


def process(pid: int) -> Process | None:
    """The process of that number, zombies too; None where there is none."""
    return _parsed(pid, _content(f"{pid}/stat"))


def processes() -> list[Process]:
    """All processes that can be seen from here."""
    found = (process(int(name)) for name in os.listdir(_PROC) if name.isdecimal())
    return [each for each in found if each is not None]


def is_alive(pid: int, start_ticks: int) -> bool:
    """Whether that very process still runs: the same number started at another time is another process."""
    found = process(pid)
    return found is not None and found.start_ticks == start_ticks and found.lives


def boot_id() -> str:
    """What tells this boot of the machine from every other; empty where the kernel does not say."""
    return (_content("sys/kernel/random/boot_id") or b"").decode("ascii", "replace").strip()


def pid_namespace() -> str:
    """What tells this view of the processes from that of another container; empty where the kernel does not say."""
    try:
        return os.readlink(f"{_PROC}/self/ns/pid")
    except OSError:
        return ""


def memory_bytes(pid: int) -> int | None:
    """What the process holds in memory, shared pages included; None where that cannot be told."""
    fields = (_content(f"{pid}/statm") or b"").split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") if fields else None


def user_of(pid: int) -> int | None:
    """The user whose process it is; None where there is none."""
    try:
        return os.stat(f"{_PROC}/{pid}").st_uid
    except OSError:
        return None


def has_variable(pid: int, name: str, value: str) -> bool:
    """Whether the process was started with that environment variable; False where its environment is closed to us."""
    return f"{name}={value}".encode() in (_content(f"{pid}/environ") or b"").split(b"\0")


def sockets_on(port: int) -> list[Socket]:
    """Every TCP socket, IPv4 and IPv6, whose own end is that port."""
    return [socket for table in ("net/tcp", "net/tcp6") for socket in _sockets(table) if socket.port == port]


def holder_of(inode: int) -> Process | None:
    """A process that holds the socket; None where none does, or only processes of others that are closed to us."""
    target = _link_to(inode)
    for name in os.listdir(_PROC):
        if name.isdecimal() and inode and target in _open_files(name):
            return process(int(name))
    return None


def listening_at(pids: Iterable[int], port: int) -> str | None:
    """The address of this machine at which one of these processes listens on that port; None where none does."""
    found = {_link_to(each.inode): each.address for each in sockets_on(port) if each.listening}
    held = (found[file] for pid in pids for file in _open_files(str(pid)) if file in found) if found else iter(())
    address = next(held, None)
    return _LOOPBACK.get(address, address) if address else None


#: What reaches a server that listens on all addresses.
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def _link_to(inode: int) -> str:
    """What the link in /proc/PID/fd of who holds a socket says."""
    return f"socket:[{inode}]"


def _content(path: str) -> bytes | None:
    """A file of /proc, where it exists and is open to us; a process may vanish while it is read."""
    try:
        with open(f"{_PROC}/{path}", "rb") as file:
            return file.read()
    except OSError:
        return None


def _parsed(pid: int, stat: bytes | None) -> Process | None:
    """proc(5): the name stands in brackets and may hold any, so the fields are counted from the last one."""
    if not stat:
        return None
    name, _, rest = stat.partition(b"(")[2].rpartition(b")")
    fields = rest.split()
    parent, group, session = (int(field) for field in fields[1:4])
    return Process(pid, parent, group, session, int(fields[19]), fields[0].decode(), name.decode("utf-8", "replace"))


def _open_files(pid: str) -> Iterator[str]:
    folder = f"{_PROC}/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:  # gone, or another user's
        return
    for name in names:
        try:
            yield os.readlink(os.path.join(folder, name))
        except OSError:  # closed meanwhile
            continue


#: include/net/tcp_states.h of Linux, from 1 on.
_STATES = (
    "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
    "LISTEN", "CLOSING", "NEW_SYN_RECV", "BOUND_INACTIVE",
)  # fmt: skip
_STATE_OF = {f"{number:02X}": state for number, state in enumerate(_STATES, start=1)}


def _sockets(table: str) -> Iterator[Socket]:
    """proc_net_tcp.rst of Linux: number, own end, other end, state, …; the tenth field is the inode."""
    for line in (_content(table) or b"").decode("ascii", "replace").splitlines()[1:]:
        fields = line.split()
        address, port = fields[1].split(":")
        yield Socket(_address(address), int(port, 16), int(fields[9]), _STATE_OF.get(fields[3], fields[3]))


def _address(digits: str) -> str:
    """The kernel prints words of four bytes as this machine holds them."""
    import socket  # noqa: PLC0415  (the warden does not need it)
    import sys  # noqa: PLC0415

    words = bytes.fromhex(digits)
    if sys.byteorder == "little":
        words = b"".join(words[start : start + 4][::-1] for start in range(0, len(words), 4))
    return socket.inet_ntop(socket.AF_INET if len(words) == 4 else socket.AF_INET6, words)  # noqa: PLR2004

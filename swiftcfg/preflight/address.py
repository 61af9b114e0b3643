"""The port and the address: free in the way ms-swift asks, and likely to stay so.

A port that is held here for the server cannot be handed over: ms-swift binds it anew in a process of its own
(find_free_port, then uvicorn) and would find it taken. So it is tried, given back, and watched in the server's log.
"""

import errno
from collections.abc import Iterator
from dataclasses import replace

from swiftcfg import procfs
from swiftcfg.ports import Binding, is_reserved, outgoing_range, try_port, unprivileged_from
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.servers.found import promised_ports
from swiftcfg.values import dataclass

#: How long Linux keeps a closed connection's port (TCP_TIMEWAIT_LEN, 60 s, linux@6.1:include/net/tcp.h), and how late
#: a timer of that length may be (linux@6.1:kernel/time/timer.c, granularity of the wheel's levels).
TIME_WAIT_S = 65.0
#: How long it then keeps one that the other side has left open (tcp_fin_timeout, 60 s, linux@6.1:net/ipv4/tcp.c,
#: tcp_close), which may become one of those above on its last second.
CLOSING_S = 60.0 + TIME_WAIT_S
#: States of a connection that its own process has closed.
_CLOSED = ("FIN_WAIT1", "FIN_WAIT2", "CLOSING", "LAST_ACK", "TIME_WAIT")

_MOVES = "ms-swift would silently take the next free one"
_OTHER = "stop it, or take a free one: --port auto"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process with a socket on the port; None what is not known of it."""

    pid: int | None
    name: str | None

    def __str__(self) -> str:
        return "a process of another user" if self.pid is None else f"{self.name} (pid {self.pid})"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found at a port. ``waiting``: states of connections that nobody holds and that keep it for a while.

    ``promised`` is the server of ours that is starting and will take it.
    """

    host: str
    port: int
    binding: Binding = Binding()
    listeners: tuple[Holder, ...] = ()
    connected: tuple[Holder, ...] = ()
    waiting: tuple[str, ...] = ()
    outgoing: tuple[int, int] | None = None
    unprivileged_from: int = 1024
    promised: str | None = None


def check_port(known: Known) -> Iterator[Said]:
    host, port = known.subject.host, known.subject.port
    yield from judge(replace(see(host, port), promised=promised_ports(known.subject.caller).get(port)))


def see(host: str, port: int) -> Seen:
    """Try the port, and look who has it where it cannot be had."""
    if port <= 0:
        return Seen(host, port)
    binding = try_port(host, port)
    outgoing = outgoing_range()
    kept = outgoing if outgoing and outgoing[0] <= port <= outgoing[1] and not is_reserved(port) else None
    if errno.EADDRINUSE not in (binding.everywhere, binding.on_host):
        return Seen(host, port, binding, outgoing=kept, unprivileged_from=unprivileged_from())
    sockets = procfs.sockets_on(port)
    return Seen(
        host, port, binding,
        tuple(dict.fromkeys(_holder(one) for one in sockets if one.listening)),
        tuple(dict.fromkeys(_holder(one) for one in sockets if not one.listening and not _is_over(one))),
        tuple(sorted({one.state for one in sockets if _is_over(one)})), kept,
    )  # fmt: skip


def _is_over(socket: procfs.Socket) -> bool:
    """Whether the system alone keeps a connection, until the other side or time has ended it."""
    return socket.inode == 0 and socket.state in _CLOSED


def _holder(socket: procfs.Socket) -> Holder:
    found = procfs.holder_of(socket.inode)
    return Holder(found.pid, found.name) if found else Holder(None, None)


def judge(seen: Seen) -> Iterator[Said]:
    """What is to be said of what was found."""
    if seen.port < 0:
        yield Problem(
            "port", "error", "--port is no number from 0 to 65535", "name one, or take a free one: --port auto"
        )
    elif seen.port == 0:
        yield Note("port", "the server chooses a port; its log tells which")
    elif seen.binding.works:
        yield from _free(seen)
    else:
        for error in dict.fromkeys((seen.binding.everywhere, seen.binding.on_host)):
            if error is not None:
                yield _taken(seen) if error == errno.EADDRINUSE else _refused(seen, error)


def _free(seen: Seen) -> Iterator[Said]:
    if seen.promised:
        yield Problem(
            "port", "error", f"port {seen.port} is free, and {seen.promised}, a server that is starting, will take it",
            f"take another one: --port auto; or end that server: swiftcfg stop {seen.promised}",
        )  # fmt: skip
    if seen.outgoing:
        first, last = seen.outgoing
        yield Problem(
            "port", "warning",
            f"port {seen.port} is free, and the system gives ports {first} to {last} to outgoing connections: one "
            f"may get it before the server does",
            "take a port outside that range: --port auto",
        )  # fmt: skip


def _taken(seen: Seen) -> Problem:
    if seen.listeners:
        who = " and ".join(map(str, seen.listeners))
        return Problem("port", "error", f"port {seen.port} is taken: {who} listens on it; {_MOVES}", _OTHER)
    if seen.connected:
        who = " and ".join(map(str, seen.connected))
        return Problem("port", "error", f"port {seen.port} is in use by a connection of {who}; {_MOVES}", _OTHER)
    if seen.waiting:
        states, wait_s = ", ".join(seen.waiting), TIME_WAIT_S if seen.waiting == ("TIME_WAIT",) else CLOSING_S
        return Problem(
            "port", "error",
            f"port {seen.port} is not free yet: connections of a server that has ended keep it ({states}), for "
            f"{wait_s:g} s at most; {_MOVES}",
            "wait, or take a free one: --port auto",
            wait_s,
        )  # fmt: skip
    return Problem("port", "error", f"port {seen.port} is taken by a process that cannot be seen; {_MOVES}", _OTHER)


def _refused(seen: Seen, error: int) -> Problem:
    if error in (errno.EACCES, errno.EPERM):
        return Problem(
            "port", "error", f"port {seen.port} needs privileges that this user does not have",
            f"take one from {seen.unprivileged_from} on, or --port auto, and put a proxy in front",
        )  # fmt: skip
    if error in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return Problem(
            "port", "error", f"{seen.host} is no address of this machine",
            "give one that `ip address` lists: 127.0.0.1 for this machine alone, 0.0.0.0 for every network",
        )  # fmt: skip
    return Problem(
        "port", "error", f"port {seen.port} cannot be had on {seen.host}: {errno.errorcode.get(error, error)}"
    )

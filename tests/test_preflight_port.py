"""The check of the port before a start: by cases of what may be seen, and on real sockets."""

import errno
import os
import socket
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest
from preflights import told

from swiftcfg.ports import Binding
from swiftcfg.preflight import Problem
from swiftcfg.preflight.address import Holder, Seen, judge, see

MOVES = "ms-swift would silently take the next free one"
WAITING = "connections of a server that has ended keep it"
OUTGOING = "and the system gives ports 32768 to 60999 to outgoing connections: one may get it before the server does"
EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen("127.0.0.1", 8000), []),
        (Seen("127.0.0.1", 0), [("note", "the server chooses a port; its log tells which")]),
        (Seen("127.0.0.1", -1), [("error", "--port is no number from 0 to 65535")]),
        (
            Seen(
                "127.0.0.1",
                8000,
                Binding(errno.EADDRINUSE, errno.EADDRINUSE),
                listeners=(Holder(7, "python"),),
                waiting=("TIME_WAIT",),
            ),
            [("error", f"port 8000 is taken: python (pid 7) listens on it; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE), listeners=(Holder(None, None),)),
            [("error", f"port 8000 is taken: a process of another user listens on it; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE), connected=(Holder(8, "curl"),)),
            [("error", f"port 8000 is in use by a connection of curl (pid 8); {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE), waiting=("TIME_WAIT",)),
            [("error", f"port 8000 is not free yet: {WAITING} (TIME_WAIT), for 65 s at most; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE), waiting=("FIN_WAIT2", "TIME_WAIT")),
            [("error", f"port 8000 is not free yet: {WAITING} (FIN_WAIT2, TIME_WAIT), for 125 s at most; {MOVES}")],
        ),
        (
            Seen("127.0.0.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRINUSE)),
            [("error", f"port 8000 is taken by a process that cannot be seen; {MOVES}")],
        ),
        (
            Seen(EVERYWHERE, 80, Binding(errno.EACCES, errno.EACCES)),
            [("error", "port 80 needs privileges that this user does not have")],
        ),
        (
            Seen("192.0.2.1", 8000, Binding(None, errno.EADDRNOTAVAIL)),
            [("error", "192.0.2.1 is no address of this machine")],
        ),
        (
            Seen("192.0.2.1", 8000, Binding(errno.EADDRINUSE, errno.EADDRNOTAVAIL), listeners=(Holder(7, "python"),)),
            [
                ("error", f"port 8000 is taken: python (pid 7) listens on it; {MOVES}"),
                ("error", "192.0.2.1 is no address of this machine"),
            ],
        ),
        (
            Seen("127.0.0.1", 8000, promised="qwen"),
            [("error", "port 8000 is free, and qwen, a server that is starting, will take it")],
        ),
        (
            Seen("127.0.0.1", 40000, outgoing=(32768, 60999)),
            [("warning", f"port 40000 is free, {OUTGOING}")],
        ),
    ],
)
def test_a_port_is_judged_by_what_is_seen_of_it(seen: Seen, expected: list[tuple[str, str]]):
    assert told(judge(seen)) == expected


@pytest.mark.parametrize("address", ["127.0.0.1", EVERYWHERE])
def test_who_listens_is_told_whatever_address_it_has(address: str):
    with socket.socket() as taken:
        taken.bind((address, 0))
        taken.listen()
        found = see("127.0.0.1", taken.getsockname()[1])
    assert [holder.pid for holder in found.listeners] == [os.getpid()]


@pytest.mark.parametrize(("client_closes", "state", "wait_s"), [(True, "TIME_WAIT", 65.0), (False, "FIN_WAIT2", 125.0)])
def test_a_port_that_only_old_connections_keep_is_told_apart_and_gets_free_by_itself(
    client_closes: bool, state: str, wait_s: float
):
    with ExitStack() as clients, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        client = clients.enter_context(socket.create_connection(("127.0.0.1", port)))
        answered, _ = server.accept()
        answered.close()  # the side that closes first is the one that waits
        assert client.recv(1) == b""
        if client_closes:
            client.close()
        server.close()
        deadline = time.monotonic() + 30
        while (found := see("127.0.0.1", port)).waiting != (state,) and time.monotonic() < deadline:
            time.sleep(0.01)
        (one,) = judge(found)
        assert isinstance(one, Problem)
        assert (found.listeners, found.connected, found.waiting, one.wait_s) == ((), (), (state,), wait_s)


def test_an_address_of_another_machine_and_a_name_of_none_are_refused():
    for host in ("192.0.2.1", "no.such.host.invalid"):
        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        assert told(judge(replace(see(host, port), outgoing=None))) == [
            ("error", f"{host} is no address of this machine")
        ]

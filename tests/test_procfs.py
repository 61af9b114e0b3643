"""Processes and sockets as the kernel tells them, held against the processes and sockets of this test."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swiftcfg.procfs import (
    boot_id,
    has_variable,
    holder_of,
    is_alive,
    listening_at,
    memory_bytes,
    pid_namespace,
    process,
    processes,
    sockets_on,
    user_of,
)


@pytest.fixture
def sleeper():
    """A process with a name that is hard to read."""
    code = "open('/proc/self/comm', 'w').write(') S 1 (é'); print('ready', flush=True); input()"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        env={"MARK": "it"},
    )  # fmt: skip
    assert child.stdout.readline() == b"ready\n"
    yield child
    child.kill()
    child.communicate()


def test_a_process_is_read_whatever_it_calls_itself(sleeper):
    found = process(sleeper.pid)
    assert found._replace(start_ticks=0, state="") == (
        sleeper.pid,
        os.getpid(),
        sleeper.pid,
        sleeper.pid,
        0,
        "",
        ") S 1 (é",
    )
    assert found.identity == (sleeper.pid, found.start_ticks)
    assert found in [each._replace(state=found.state) for each in processes()]
    assert user_of(sleeper.pid) == os.geteuid()
    assert memory_bytes(sleeper.pid) > 2**20
    assert (has_variable(sleeper.pid, "MARK", "it"), has_variable(sleeper.pid, "MARK", "i")) == (True, False)


def test_the_start_time_is_counted_from_the_boot(sleeper):
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    started = process(sleeper.pid).start_ticks / os.sysconf("SC_CLK_TCK")
    assert 0 <= uptime - started < 30


def test_a_zombie_and_a_pid_given_anew_are_not_alive(sleeper):
    ticks = process(sleeper.pid).start_ticks
    assert is_alive(sleeper.pid, ticks)
    assert not is_alive(sleeper.pid, ticks + 1)
    sleeper.kill()
    while process(sleeper.pid).state != "Z":
        time.sleep(0.01)
    assert not is_alive(sleeper.pid, ticks)
    sleeper.wait()
    assert process(sleeper.pid) is None
    assert not is_alive(sleeper.pid, ticks)
    assert (memory_bytes(sleeper.pid), user_of(sleeper.pid)) == (None, None)


def test_boot_and_view_have_names_that_stay():
    assert boot_id() == boot_id() != ""
    assert pid_namespace() == pid_namespace() != ""


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_listening_socket_is_found_with_its_owner(family, address):
    with socket.socket(family) as server:
        server.bind((address, 0))
        server.listen()
        port = server.getsockname()[1]
        (found,) = sockets_on(port)
        assert (found.address, found.port, found.listening, found.state) == (address, port, True, "LISTEN")
        assert holder_of(found.inode).pid == os.getpid()
        assert listening_at([os.getpid()], port) == address
        assert (listening_at([os.getppid()], port), listening_at([], port)) == (None, None)
    assert sockets_on(port) == []
    assert holder_of(found.inode) is None
    assert listening_at([os.getpid()], port) is None


@pytest.mark.parametrize(("family", "near"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_socket_that_listens_on_all_addresses_is_reached_on_one_of_this_machine(family, near):
    with socket.create_server(("", 0), family=family) as server:
        assert listening_at([os.getpid()], server.getsockname()[1]) == near


def test_what_a_closed_connection_leaves_is_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        answer, _ = server.accept()
        assert sorted(each.state for each in sockets_on(port)) == ["ESTABLISHED", "LISTEN"]
        answer.close()
        client.close()
    deadline = time.monotonic() + 30
    while [each.state for each in sockets_on(port)] != ["TIME_WAIT"] and time.monotonic() < deadline:
        time.sleep(0.01)
    (left,) = sockets_on(port)
    assert (left.state, left.listening, left.inode, holder_of(left.inode)) == ("TIME_WAIT", False, 0, None)

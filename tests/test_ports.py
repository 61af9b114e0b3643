"""Ports, tried the way ms-swift tries them: on real sockets."""

import errno
import socket

import pytest

from swiftcfg.errors import MachineError
from swiftcfg.ports import TRIES, Binding, free_port, try_port


@pytest.fixture
def taken():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "", "127.0.0.2"])
def test_a_port_that_is_taken_on_one_address_is_taken_for_ms_swift(taken: int, host: str):
    assert try_port(host, taken).everywhere == errno.EADDRINUSE


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", ""])
def test_trying_a_port_leaves_it_free(taken: int, host: str):
    port = free_port(host, taken)
    assert port > taken
    assert [try_port(host, port) for _ in range(3)] == [Binding()] * 3


def test_a_port_that_somebody_else_is_to_have_is_passed_over(taken: int):
    port = free_port("127.0.0.1", taken)
    assert free_port("127.0.0.1", taken, {port}) > port


def test_an_address_of_another_machine_has_no_port():
    assert try_port("192.0.2.1", 0) == Binding(None, errno.EADDRNOTAVAIL)


def test_an_address_of_another_machine_is_no_fault_of_the_ports():
    assert 9000 <= free_port("192.0.2.1", 9000) < 9000 + TRIES


def test_where_all_are_taken_the_first_and_the_last_are_told(monkeypatch: pytest.MonkeyPatch, taken: int):
    monkeypatch.setattr("swiftcfg.ports.TRIES", 1)
    with pytest.raises(MachineError) as refused:
        free_port("127.0.0.1", taken)
    assert refused.value.sentence == f"none of the ports {taken} to {taken} is free"

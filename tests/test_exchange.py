"""One request and its answer: whatever stands at the other end, an answer or one clear sentence, in bounded time."""

import socket
import ssl
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import answering, http, request_of, saying

from swiftcfg.errors import InputError
from swiftcfg.exchange import LONGEST_ANSWER, Endpoint, NoAnswerError, endpoint_of, exchange, key_in

CERTIFICATE = Path(__file__).parent / "data" / "localhost.pem"
KEY = "sesame-open"


def fault(address: str, timeout_s: float = 20) -> str:
    with pytest.raises(NoAnswerError) as caught:
        exchange(endpoint_of(address, KEY, timeout_s), "GET", "/health")
    assert caught.value.hint
    assert caught.value.exit_status == 3
    return caught.value.sentence


def fault_of(answer: bytes, *, after_request: bool = True) -> str:
    with answering(saying(answer, after_request=after_request)) as port:
        return fault(f"127.0.0.1:{port}").replace(str(port), "PORT")


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("http://127.0.0.1:8000", Endpoint("http", "127.0.0.1", 8000)),
        ("127.0.0.1:8000", Endpoint("http", "127.0.0.1", 8000)),
        ("localhost:8000/v1", Endpoint("http", "localhost", 8000)),
        ("HTTP://Example.ORG/v1/", Endpoint("http", "example.org", 80)),
        ("https://example.org/vl/v1/chat/completions", Endpoint("https", "example.org", 443, "/vl")),
        ("http://[::1]:9/v1/models", Endpoint("http", "::1", 9)),
    ],
)
def test_addresses_are_read_as_people_write_them(text, endpoint):
    assert endpoint_of(text) == Endpoint(endpoint.scheme, endpoint.host, endpoint.port, endpoint.prefix, timeout_s=60.0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is not the address of a server"),
        ("http://", "'http://' is not the address of a server"),
        ("ftp://host", "'ftp://host' is not the address of a server"),
        ("http://host:0", "'http://host:0' is not the address of a server"),
        ("http://host:1/?key=1", "'http://host:1/?key=1' is not the address of a server"),
        ("8000", "'8000' names a port and no host"),
        ("http://host:99999", "'http://host:99999' is not an address: Port out of range 0-65535"),
        ("http://[::1", "'http://[::1' is not an address: Invalid IPv6 URL"),
        ("http://two words:1", "'http://two words:1' has characters that an address cannot have"),
        ("http://me:secret@host:1", "the address holds a name or a password"),
    ],
)
def test_other_texts_are_refused(text, sentence):
    with pytest.raises(InputError) as caught:
        endpoint_of(text)
    assert caught.value.sentence == sentence


@pytest.mark.parametrize("key", ["two words", "line\n", "schlüssel"])
def test_a_key_that_no_request_can_carry_is_refused_and_not_shown(key):
    with pytest.raises(InputError) as caught:
        key_in({"SERVER_KEY": key}, "SERVER_KEY")
    assert caught.value.sentence == "the API key in SERVER_KEY has characters that no HTTP header carries"
    assert key not in caught.value.in_one_line


def test_an_endpoint_shows_its_address_and_never_its_key():
    endpoint = endpoint_of("http://[::1]:8000/vl", KEY)
    assert str(endpoint) == "http://[::1]:8000/vl"
    assert KEY not in repr(endpoint)
    assert endpoint.hide(f"<{KEY}>") == "<***>"


@pytest.mark.parametrize("key", [None, "", "a", "abc"])
def test_a_key_that_is_none_or_may_be_part_of_anything_garbles_no_text(key):
    assert endpoint_of("http://a:1", key).hide("a abc") == "a abc"


def test_where_no_thread_can_be_started_that_is_told():
    before = threading.stack_size(2**46)  # no machine has so much
    try:
        assert fault("127.0.0.1:9") == "there is no thread left to ask http://127.0.0.1:9 with"
    finally:
        threading.stack_size(before)


def test_an_empty_key_is_sent_as_none():
    asked = []

    def behave(connection: socket.socket) -> None:
        asked.append(request_of(connection)[0])
        connection.sendall(http(200, b"ok"))

    with answering(behave) as port:
        assert exchange(endpoint_of(f"127.0.0.1:{port}", ""), "GET", "/").body == b"ok"
    assert b"Authorization" not in asked[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_answer_comes_back_whole(host):
    asked = []

    def behave(connection: socket.socket) -> None:
        asked.append(request_of(connection))
        connection.sendall(http(404, f"no such page, {KEY}".encode()))

    with answering(behave, host) as port:
        endpoint = Endpoint("http", host, port, "/vl", KEY)
        reply = exchange(endpoint, "POST", "/v1/x", b"{}")
    (head, body) = asked[0]
    assert (reply.status, reply.body, body) == (404, f"no such page, {KEY}".encode(), b"{}")
    first, *lines = head.decode().split("\r\n")
    assert first == "POST /vl/v1/x HTTP/1.1"
    assert {"Content-Type: application/json", f"Authorization: Bearer {KEY}"} < set(lines)
    assert "Connection: close" not in lines


def test_a_refusal_before_all_is_sent_is_still_read():
    def behave(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(http(413, b"too large", "Connection: close"))
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.3)  # the client meets a closed door while it sends

    with answering(behave) as port:
        reply = exchange(endpoint_of(f"127.0.0.1:{port}"), "POST", "/", bytes(8 * 2**20))
    assert (reply.status, reply.body) == (413, b"too large")


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert fault(f"127.0.0.1:{port}") == f"nothing listens at http://127.0.0.1:{port}"


def test_no_such_host():
    assert fault("no-such-host.invalid:1", 120) == "the name of http://no-such-host.invalid:1 is not known here"
    assert fault("a..b:1") == "the name of http://a..b:1 is not known here"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "answers with something that is not HTTP"),
        (b"HTTP/1.1 teapot\r\n\r\n", "answers with something that is not HTTP"),
        (b"HTTP/1.1 200 " + bytes(70000), "answers with something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200, "answers with something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "broke off its answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broke off its answer"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", "answers with something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(LONGEST_ANSWER + 1), f"sends more than {LONGEST_ANSWER:,} bytes"),
        (http(302, b"", "Location: http://elsewhere/"), "sends requests on to 'http://elsewhere/'"),
        (http(302, b"", f"Location: http://elsewhere/{KEY}"), "sends requests on to 'http://elsewhere/***'"),
        (http(304, b""), "sends requests on to 'another address'"),
    ],
)
def test_what_is_no_answer_is_told(answer, sentence):
    assert fault_of(answer) == f"http://127.0.0.1:PORT {sentence}"


def silent(connection: socket.socket) -> None:
    request_of(connection)
    connection.recv(1)


def dribbling(connection: socket.socket) -> None:
    request_of(connection)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + bytes(1000):
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


def endless(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize("behave", [silent, dribbling, endless])
def test_a_slow_server_is_given_its_time_and_no_more(behave):
    with answering(behave) as port:
        began = time.monotonic()
        assert fault(f"127.0.0.1:{port}", 0.5) == f"http://127.0.0.1:{port} gave no answer within 0.5 s"
        assert 0.4 < time.monotonic() - began < 5


def test_a_name_with_two_addresses_is_given_no_more_time_than_one(monkeypatch):
    """Connections that nobody accepts fill the queue of a socket, and then Linux answers no more of them."""
    with ExitStack() as kept:
        found, port = [], 0
        for host in ("127.0.0.1", "127.0.0.2"):
            listener = kept.enter_context(socket.create_server((host, port), backlog=0))
            port = listener.getsockname()[1]
            for _ in range(3):
                waiting = kept.enter_context(socket.socket())
                waiting.settimeout(0)
                waiting.connect_ex((host, port))
            found.append((socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port)))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        began = time.monotonic()
        assert fault(f"twice.invalid:{port}", 1.0) == f"http://twice.invalid:{port} gave no answer within 1 s"
        assert time.monotonic() - began < 1.9


def test_a_server_without_tls_is_told_from_one_with_it():
    with answering(saying(http(400, b""), after_request=False)) as port:
        assert fault(f"https://127.0.0.1:{port}") == f"https://127.0.0.1:{port} does not speak TLS"


def with_tls(connection: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with context.wrap_socket(connection, server_side=True) as secure:
        request_of(secure)
        secure.sendall(http(200, b"secret"))


def test_a_certificate_must_be_trusted(monkeypatch):
    with answering(with_tls) as port:
        assert fault(f"https://localhost:{port}") == (
            f"the certificate of https://localhost:{port} is not trusted: self-signed certificate"
        )
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert exchange(endpoint_of(f"https://localhost:{port}"), "GET", "/").body == b"secret"


def test_no_certificate_is_asked_for_where_it_is_known_whose_server_it_is():
    with answering(with_tls) as port:
        ours = replace(endpoint_of(f"https://127.0.0.1:{port}"), certified=False)
        assert exchange(ours, "GET", "/").body == b"secret"


def test_plain_http_to_a_server_with_tls_is_told():
    with answering(with_tls) as port:
        sentence = fault(f"http://127.0.0.1:{port}")
    assert sentence in {
        f"http://127.0.0.1:{port} closed the connection without an answer",
        f"http://127.0.0.1:{port} answers with something that is not HTTP",
    }

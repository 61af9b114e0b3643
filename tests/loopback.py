"""Servers of a few lines, on a free port of this machine: what a test wants a client to meet."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

Behaviour = Callable[[socket.socket], None]


@contextmanager
def answering(behave: Behaviour, host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a server that behaves so on every connection, one after another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        thread = Thread(target=_serve, args=(listener, behave))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept
            thread.join()


def _serve(listener: socket.socket, behave: Behaviour) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.settimeout(10)
                behave(connection)


def request_of(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of one request."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or _ended()
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536) or _ended()
    return head, body


def _ended() -> bytes:
    raise ConnectionError("the client went away")


def saying(answer: bytes, *, after_request: bool = True) -> Behaviour:
    """Send these bytes, then close."""

    def behave(connection: socket.socket) -> None:
        if after_request:
            request_of(connection)
        connection.sendall(answer)

    return behave


def http(status: int, body: bytes, *headers: str) -> bytes:
    """An HTTP answer."""
    head = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body

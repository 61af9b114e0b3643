"""Exchange: one HTTP request to a server and its answer, over a plain socket and with bounds on everything.

Redirects are not followed and proxies not used: what answers is what was named. The API key is sent and never shown.
"""

import http.client
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import field
from threading import Timer
from urllib.parse import urlsplit

from swiftcfg.errors import InputError, MachineError
from swiftcfg.patience import answer_within, begin
from swiftcfg.values import dataclass

#: No answer to a request for one token is longer; more is left unread. Chosen.
LONGEST_ANSWER = 4 * 2**20
#: A key that is shorter is hidden nowhere: with every ``a`` of it a text could not be read. Chosen.
SHORTEST_SECRET = 4
_PORTS = {"http": 80, "https": 443}
#: Ends of addresses that people paste, which are added to each request.
_ENDINGS = ("/chat/completions", "/models", "/v1")
_EXAMPLE = "write it like http://127.0.0.1:8000"


class NoAnswerError(MachineError):
    """The server gave no answer that could be read, not even a refusal."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server is. ``prefix`` is the path before /v1; ``timeout_s`` bounds each request as a whole.

    Not ``certified``: no certificate is asked for, as whose server it is was found out in another way.
    """

    scheme: str
    host: str
    port: int
    prefix: str = ""
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 60.0
    certified: bool = True

    def hide(self, text: str) -> str:
        """The text without the API key, where a server repeats it; a short one stays, as it may be part of anything."""
        return text.replace(self.api_key, "***") if self.api_key and len(self.api_key) >= SHORTEST_SECRET else text

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.prefix}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, whatever its status, as it came: what is shown of it goes through ``Endpoint.hide``."""

    status: int
    body: bytes
    elapsed_s: float


def endpoint_of(url: str, api_key: str | None = None, timeout_s: float = 60.0) -> Endpoint:
    """Read ``http://host:8000``, with or without ``/v1``; raises InputError for what is no such address."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise InputError(f"{url!r} is not an address: {error}", _EXAMPLE) from None
    if "@" in parts.netloc:
        raise InputError("the address holds a name or a password", "keep keys out of it: --api-key-env NAME")
    if parts.scheme not in _PORTS or not host or port == 0 or parts.query or parts.fragment:
        raise InputError(f"{url!r} is not the address of a server", _EXAMPLE)
    if host.isdecimal():  # as a whole number it would be an address that nobody means
        raise InputError(f"{url!r} names a port and no host", f"write http://127.0.0.1:{host}")
    if not _is_plain(host + parts.path):
        raise InputError(f"{url!r} has characters that an address cannot have", _EXAMPLE)
    return Endpoint(parts.scheme, host, port or _PORTS[parts.scheme], _prefix(parts.path), api_key, timeout_s)


def key_in(environment: Mapping[str, str], variable: str) -> str:
    """The API key that a variable holds; raises InputError where it holds none, or none that could be sent."""
    key = environment.get(variable, "")
    if not key:
        raise InputError(
            f"{variable} is {'empty' if variable in environment else 'not set'}, and is to hold the API key",
            f"set it without leaving it in the shell's history: read -rs {variable} && export {variable}",
        )
    return checked_key(key, variable)


def checked_key(key: str, where: str) -> str:
    """The key, where requests can carry it; raises InputError where they cannot."""
    if not _is_plain(key):
        raise InputError(
            f"the API key in {where} has characters that no HTTP header carries",
            "use letters, digits and - _ . ; or look for a line end or a blank that was copied along",
        )
    return key


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _prefix(path: str) -> str:
    path = path.rstrip("/")
    for ending in _ENDINGS:
        path = path.removesuffix(ending)
    return path


def exchange(endpoint: Endpoint, method: str, path: str, body: bytes | None = None) -> Reply:
    """Send one request on a connection of its own; raises NoAnswerError where no HTTP answer comes back in time."""
    began = time.monotonic()
    connection = _connection(endpoint)
    with _faults_told(endpoint), closing(connection):
        answer_within(endpoint.timeout_s, connection.connect)  # which takes its time for every address of a name
        with _ended_in_time(connection.sock, began + endpoint.timeout_s):
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before all was sent: the answer says why
                connection.request(method, endpoint.prefix + path, body, _headers(endpoint, body))
            with connection.getresponse() as response:
                answer = response.read(LONGEST_ANSWER + 1)
        if response.length and len(answer) <= LONGEST_ANSWER:  # http.client takes that for the end
            raise http.client.IncompleteRead(answer)
    if len(answer) > LONGEST_ANSWER:
        raise NoAnswerError(f"{endpoint} sends more than {LONGEST_ANSWER:,} bytes", "this is no server of a model")
    if response.status in range(300, 400):
        where = endpoint.hide(response.getheader("Location", "another address"))
        raise NoAnswerError(f"{endpoint} sends requests on to {where[:200]!r}", "give the address that answers itself")
    return Reply(response.status, answer, time.monotonic() - began)


def _connection(endpoint: Endpoint) -> http.client.HTTPConnection:
    if endpoint.scheme == "http":
        return http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=endpoint.timeout_s)
    import ssl  # noqa: PLC0415  (10 ms that plain HTTP need not pay)

    context = ssl.create_default_context() if endpoint.certified else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not endpoint.certified:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(endpoint.host, endpoint.port, timeout=endpoint.timeout_s, context=context)


def _headers(endpoint: Endpoint, body: bytes | None) -> dict[str, str]:
    """Without ``Connection: close``: a server that closes first could not have its port again for a minute."""
    headers = {"Accept": "application/json", "User-Agent": "swiftcfg"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if endpoint.api_key:
        headers["Authorization"] = f"Bearer {endpoint.api_key}"
    return headers


@contextmanager
def _ended_in_time(connected: socket.socket, deadline: float) -> Iterator[None]:
    """Raise TimeoutError where all of it takes longer: a socket's own limit begins anew with every byte."""
    late = []

    def end() -> None:
        late.append(True)
        with suppress(OSError):  # closed a moment ago
            socket.socket.shutdown(connected, socket.SHUT_RDWR)  # that of TLS forgets its session under the reader

    timer = Timer(max(0.0, deadline - time.monotonic()), end)
    timer.daemon = True
    begin(timer)
    try:
        yield
    except Exception:
        if late:
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if late:
        raise TimeoutError


@contextmanager
def _faults_told(endpoint: Endpoint) -> Iterator[None]:
    """Turn what sockets, TLS and http.client raise into a sentence."""
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException) as error:
        sentence, hint = _sentence(endpoint, error)
        raise NoAnswerError(sentence, hint) from None


def _sentence(endpoint: Endpoint, error: Exception) -> tuple[str, str]:
    """What went wrong, and what helps. The most special kind of error comes first."""
    name = type(error).__name__  # ssl is imported by https alone
    if name == "SSLCertVerificationError":
        why = getattr(error, "verify_message", "")
        return f"the certificate of {endpoint} is not trusted: {why}", "SSL_CERT_FILE names certificates to trust"
    if name.startswith("SSL"):
        return f"{endpoint} does not speak TLS", "write http:// where the server has no certificate"
    return next(
        (sentence.format(endpoint, endpoint.timeout_s), hint)
        for kinds, sentence, hint in _FAULTS
        if isinstance(error, kinds)
    )


_NEXT_PORT = "a server that is starting does not listen yet; ms-swift takes the next port where its own is taken"
_FAULTS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((TimeoutError,), "{} gave no answer within {:g} s", "wait for the server to finish its work, or raise --timeout"),
    ((ConnectionRefusedError,), "nothing listens at {}", _NEXT_PORT),
    ((socket.gaierror, UnicodeError), "the name of {} is not known here", "check the host name, or use its number"),
    ((BlockingIOError,), "there is no thread left to ask {} with", "look at: ulimit -u"),
    ((ConnectionError,), "{} closed the connection without an answer", "look at the log of the server"),
    ((http.client.IncompleteRead,), "{} broke off its answer", "look at the log of the server"),
    (
        (http.client.HTTPException, ValueError),  # a chunk of less than nothing, for example
        "{} answers with something that is not HTTP",
        "https:// is for servers with TLS",
    ),
    ((Exception,), "{} cannot be reached", "check the address, and the network between here and there"),
)

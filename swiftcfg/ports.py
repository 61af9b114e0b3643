"""Ports: whether a server would get one, looked at the way ms-swift looks, and a free one where any will do."""

import errno
import socket
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from swiftcfg.errors import MachineError
from swiftcfg.patience import answer_within
from swiftcfg.values import dataclass

#: Where ports are looked for one after the other: from the one that swift deploy takes where it is told none.
FIRST_PORT = 8000
#: As many as ms-swift tries (ms-swift@4.6.0:swift/utils/utils.py:299, find_free_port).
TRIES = 100
#: A name of this machine is in a file; one that a server of names has to be asked for is hardly one. Chosen.
_RESOLVER_PATIENCE_S = 0.25

#: What a bind to an address that this machine does not have ends with.
_NO_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_RESERVED = Path("/proc/sys/net/ipv4/ip_local_reserved_ports")
_UNPRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


@dataclass(frozen=True, slots=True)
class Binding:
    """Why a port cannot be had, by the errno of a bind: on all addresses at once, and on those of the host."""

    everywhere: int | None = None
    on_host: int | None = None

    @property
    def works(self) -> bool:
        return self.everywhere is None and self.on_host is None


def try_port(host: str, port: int) -> Binding:
    """Bind a port for a moment: on all addresses without SO_REUSEADDR as ms-swift does, then as the server does.

    ms-swift moves to the next port where the first bind fails (ms-swift@4.6.0:swift/utils/utils.py:299-310); uvicorn
    ends where the second does.
    """
    own = [_bind_error(family, address, reuse=True) for family, address in _addresses(host, port)]
    return Binding(_bind_error(socket.AF_INET, ("", port), reuse=False), _worst(own))


def _worst(errors: Sequence[int | None]) -> int | None:
    """Of the addresses of one name, those of a family that is switched off do not count where another one works."""
    hard = next((error for error in errors if error not in (None, *_NO_ADDRESS)), None)
    return errors[0] if hard is None and None not in errors else hard


def free_port(host: str, first: int = FIRST_PORT, but: Collection[int] = ()) -> int:
    """The first free port from ``first`` on that is none of ``but``; raises MachineError where a hundred are not.

    Where the address is none of this machine's, no other port would do better, and a preflight tells of it.
    """
    for port in sorted(set(range(first, first + TRIES)).difference(but)):
        binding = try_port(host, port)
        if binding.works or (binding.everywhere is None and binding.on_host in _NO_ADDRESS):
            return port
    raise MachineError(f"none of the ports {first} to {first + TRIES - 1} is free", "name one: --port 9000")


def outgoing_range() -> tuple[int, int] | None:
    """The ports that the system gives to outgoing connections; None where it does not tell."""
    with suppress(OSError, ValueError):
        first, last = map(int, _EPHEMERAL.read_text(encoding="ascii").split())
        return first, last
    return None


def is_reserved(port: int) -> bool:
    """Whether the administrator keeps a port from outgoing connections."""
    with suppress(OSError, ValueError):
        return any(first <= port <= last for first, last in _spans(_RESERVED.read_text(encoding="ascii")))
    return False


def unprivileged_from() -> int:
    """The first port that any user may have."""
    with suppress(OSError, ValueError):
        return int(_UNPRIVILEGED.read_text(encoding="ascii"))
    return 1024


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for span in filter(None, text.strip().split(",")):
        first, _, last = span.partition("-")
        yield int(first), int(last or first)


def _addresses(host: str, port: int) -> list[tuple[int, tuple[object, ...]]]:
    """What the server binds for a host: every address of its name; one that cannot be had where it has none."""

    def look_up() -> Iterable[tuple[int, int, int, str, tuple[object, ...]]]:
        return socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)

    try:
        found = answer_within(_RESOLVER_PATIENCE_S, look_up)
    except (OSError, UnicodeError):  # TimeoutError is an OSError
        return [(socket.AF_UNSPEC, ())]
    return list(dict.fromkeys((family, tuple(address)) for family, _, _, _, address in found))


def _bind_error(family: int, address: tuple[object, ...], *, reuse: bool) -> int | None:
    """The errno that a bind ends with; None where it does not."""
    if not address:
        return errno.EADDRNOTAVAIL
    try:
        with socket.socket(family, socket.SOCK_STREAM) as one:
            if reuse:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as asyncio's create_server
            one.bind(address)
    except OSError as error:
        return error.errno
    return None

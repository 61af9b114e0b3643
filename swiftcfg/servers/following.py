"""The log of a server as ``swiftcfg logs`` prints it: from some line on, and on until the server has ended."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing

from swiftcfg.errors import MachineError
from swiftcfg.servers.folder import ServerFolder
from swiftcfg.servers.found import is_attended, opened_folder, read_server
from swiftcfg.servers.logs import LogReader
from swiftcfg.servers.state import State

#: Between two looks whether the log has grown. Chosen.
_LOOK_S = 0.2


def log_of(name: str, environment: Mapping[str, str], lines: int | None, *, follow: bool) -> Iterator[bytes]:
    """Pieces of the log, from its last ``lines`` lines on or from its beginning."""
    server = read_server(name, environment)
    with opened_folder(name, server.path) as folder:
        try:
            yield from _pieces(folder, server.state, lines, follow=follow)
        except OSError as error:
            raise MachineError(
                f"the log of {name} cannot be read: {error.strerror}", f"look at: {server.log}"
            ) from None


def _pieces(folder: ServerFolder, state: State, lines: int | None, *, follow: bool) -> Iterator[bytes]:
    with closing(LogReader(folder)) as reader:
        there = _all(reader)
        yield from there if lines is None else _last(there, lines)
        while follow:
            follow = is_attended(state)  # looked at before the last read, which then misses nothing
            yield from _all(reader)
            time.sleep(_LOOK_S if follow else 0)


def _all(reader: LogReader) -> Iterator[bytes]:
    while data := reader.read():
        yield data


def _last(pieces: Iterator[bytes], lines: int) -> Iterator[bytes]:
    """The last lines of what is there; pieces are dropped as soon as enough ends of lines have come after them."""
    kept: deque[bytes] = deque()
    ends = 0
    for piece in pieces:
        kept.append(piece)
        ends += piece.count(b"\n")
        while ends - kept[0].count(b"\n") > lines:
            ends -= kept.popleft().count(b"\n")
    content = b"".join(kept)
    wanted = lines + content.endswith(b"\n")
    parts = content.rsplit(b"\n", wanted)
    yield b"\n".join(parts[1:] if len(parts) > wanted else parts)

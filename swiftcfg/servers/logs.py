"""Reading the log of a server: its last lines, and on as it grows, over rotations and to its end."""

import os
from contextlib import suppress

from swiftcfg.servers.folder import LOGS, ServerFolder

BLOCK_BYTES = 2**16


def last_lines(folder: ServerFolder, count: int) -> list[bytes]:
    """The last ``count`` lines that the log holds, with their ends; older parts are looked into as far as needed."""
    content = b""
    for name in LOGS:
        with suppress(FileNotFoundError), open(folder.open(name, os.O_RDONLY), "rb") as file:  # noqa: PTH123
            content = _end(file.fileno(), count - content.count(b"\n")) + content
        if content.count(b"\n") > count:
            break
    return content.splitlines(keepends=True)[-count:] if count else []


def _end(descriptor: int, lines: int) -> bytes:
    """As much from the end of a file as holds that many lines and the end of the one before."""
    content, start = b"", os.fstat(descriptor).st_size
    while start and content.count(b"\n") <= lines:
        size = min(BLOCK_BYTES, start)
        start -= size
        content = os.pread(descriptor, size, start) + content
    return content

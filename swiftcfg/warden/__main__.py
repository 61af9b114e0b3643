"""The program: ``python -I -S …/swiftcfg/warden/__main__.py NAME``; NAME is for who reads the list of processes."""
# ruff: noqa: PTH100, PTH120  (pathlib is not light, and -I -S leaves it to us where swiftcfg is)

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from swiftcfg.servers.folder import HeldError
from swiftcfg.warden.feed import FAREWELL_S, Feed
from swiftcfg.warden.keeper import Keeper
from swiftcfg.warden.machine import close_all_but

REFUSED_STATUS = 1


def main() -> int:
    """Read the order, and keep the server to its end."""
    try:
        order = json.loads(sys.stdin.buffer.read())
    except ValueError:
        return REFUSED_STATUS  # whoever ordered was gone before the end of the sentence
    close_all_but({order["feed_fd"], order["leash_fd"]})
    os.chdir("/")
    feed = Feed(order["feed_fd"])
    try:
        keeper = Keeper(order, feed)
        keeper.start(order)
    except Exception as error:  # noqa: BLE001  (whatever it is, whoever ordered must hear of it)
        feed.event("refused", why=_reason(error), held=isinstance(error, HeldError))
        feed.drain(FAREWELL_S)
        return REFUSED_STATUS
    keeper.keep()
    return 0


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return ": ".join(str(part) for part in (error.filename, error.strerror) if part)
    return str(error) if isinstance(error, HeldError) else repr(error)


if __name__ == "__main__":
    sys.exit(main())

"""The heir: ends what a killed warden left behind, and says so in the state and in the feed.

``python -I -S …/heir.py FOLDER FEED LOCK SOURCE``: the descriptors keep open what the warden held, so that whoever
follows still listens, the name is not free yet, and the server can go on writing until it ends.
"""
# ruff: noqa: PTH100, PTH120  (pathlib is not light, and -I -S leaves it to us where swiftcfg is)

import os
import sys
from contextlib import closing, suppress

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from swiftcfg.servers.folder import READ_BYTES, ServerFolder
from swiftcfg.servers.logs import LogReader
from swiftcfg.servers.members import Ending, left_behind
from swiftcfg.servers.state import State, ended_state, read_state, write_state
from swiftcfg.warden.feed import FAREWELL_S, Feed
from swiftcfg.warden.tail import Tail


def main(words: list[str]) -> int:
    """Sleep until the warden is gone; where it said farewell there is nothing to do."""
    if os.read(0, 1):
        return 0
    folder = ServerFolder(words[0])
    feed, lock, source = Feed(int(words[1])), int(words[2]), int(words[3])
    state = read_state(folder)
    if state["ended"] is None:
        feed.event("stopping", by="guard", grace_s=state["grace_s"])
        killed = _end(state, source)
        state = ended_state(state, status=None, by="guard", killed=killed, tail=_tail(folder))
        with suppress(OSError):  # the disk is full: the feed tells it, and later looks find nobody alive
            write_state(folder, state)
    os.close(lock)
    feed.event("ended", **state["ended"])
    feed.drain(FAREWELL_S)
    return 0


def _end(state: State, source: int) -> list[int]:
    """End the processes, and give back which had to be killed."""
    ending = Ending(lambda: left_behind(**state["server"], token=state["token"]), state["grace_s"])
    while not ending.round():
        ending.rest()
        with suppress(OSError):  # nothing is there now, or it was closed before
            while os.read(source, READ_BYTES):
                pass  # nobody hides the secrets in it any more, so it is kept nowhere
    return sorted(ending.killed)


def _tail(folder: ServerFolder) -> list[str]:
    """The last lines are those of the log."""
    tail = Tail()
    with closing(LogReader(folder)) as log:
        while data := log.read():
            tail.feed(data)
    return tail.lines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

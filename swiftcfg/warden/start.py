"""Start a warden, and hold its leash: what ``swiftcfg launch`` does."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from swiftcfg.errors import MachineError
from swiftcfg.warden.frames import FeedReader

#: A small interpreter: no site-packages, nothing from the environment, names in UTF-8 as the order spells them.
INTERPRETER = (sys.executable, "-I", "-S", "-X", "utf8")
PROGRAM = Path(__file__).with_name("__main__.py")
FOLLOWER = Path(__file__).with_name("follower.py")
#: The warden needs nothing of the environment; secrets of the caller have no business in there.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}


class Warden:
    """A warden on its leash. Letting go of the leash ends the server, unless ``detach`` was said before."""

    def __init__(self, process: "subprocess.Popen[bytes]", feed: int, leash: int) -> None:
        self.process, self.feed, self.leash = process, feed, leash
        self.frames = FeedReader(feed)

    def stop(self) -> None:
        """Ask the server to end; it has its grace period."""
        self._say("stop")

    def kill(self) -> None:
        """End the server at once."""
        self._say("kill")

    def note(self, values: Mapping[str, Any]) -> None:
        """Put more into the record that the state keeps, such as when the server was ready."""
        self._say("note " + json.dumps(values))

    def detach(self) -> None:
        """Let the server live on without us."""
        self._say("detach")

    def close(self) -> None:
        """Let go of both ends."""
        for descriptor in (self.feed, self.leash):
            os.close(descriptor)

    def follow(self, name: str, epilogue: tuple[str, ...] = ()) -> None:
        """Become the follower, which is small; does not come back.

        Where the server ends unasked the follower becomes ``epilogue``, a command that says why.
        """
        for descriptor in (self.feed, self.leash):
            os.set_inheritable(descriptor, True)  # noqa: FBT003
        words = (*INTERPRETER, str(FOLLOWER), str(self.feed), str(self.leash), str(self.process.pid), name, *epilogue)
        os.execv(sys.executable, words)  # noqa: S606  (there is no shell in it)

    def _say(self, line: str) -> None:
        try:
            os.write(self.leash, line.encode() + b"\n")
        except BrokenPipeError:  # the warden has ended, and its feed says how
            return


def start_warden(order: Mapping[str, Any]) -> Warden:
    """Start a warden with an order (docs: ``keeper.Keeper``); its feed then tells ``started`` or ``refused``.

    ``order`` holds name, folder, argv, environment, cwd, stdin, secrets, grace_s and record.
    """
    feed, feed_end = os.pipe()
    leash_end, leash = os.pipe()
    order_end, order_pipe = os.pipe()
    try:
        process = subprocess.Popen(
            [*INTERPRETER, str(PROGRAM), order["name"]],
            stdin=order_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(feed_end, leash_end),
            start_new_session=True,
            env=_ENVIRONMENT,
        )
    except OSError as error:
        raise MachineError(
            f"cannot start a process beside the server: {error.strerror}", "look at: ulimit -u"
        ) from None
    finally:
        for end in (feed_end, leash_end, order_end):
            os.close(end)
    content = json.dumps({**_plain(dict(order)), "feed_fd": feed_end, "leash_fd": leash_end})
    with suppress(BrokenPipeError), open(order_pipe, "wb") as pipe:  # noqa: PTH123  (where it has died, its feed ends)
        pipe.write(content.encode())
    return Warden(process, feed, leash)


def _plain(value: Any) -> Any:
    """Texts as UTF-8 reads their bytes, whatever encoding the locale has; the warden knows no other."""
    if isinstance(value, str):
        return os.fsencode(value).decode("utf-8", "surrogateescape")
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value

"""Attempt: follow one server from its start until it answers or dies, and say which."""

import time
from collections.abc import Callable
from dataclasses import replace

from swiftcfg.chat import OK, Endpoint, NoAnswerError, health, models
from swiftcfg.launch.causes import hung, moved
from swiftcfg.launch.follow import Follow
from swiftcfg.launch.interrupt import Interrupts
from swiftcfg.procfs import listening_at, processes
from swiftcfg.serverlog import Cause, Listening
from swiftcfg.servers.members import descendants
from swiftcfg.values import dataclass

#: How long the feed is waited for before the server is asked again whether it answers.
_LOOK_S = 0.2
#: How long it may take to answer that; a server that is busy is asked again.
_ANSWER_S = 1.0
#: Beyond the grace period: what the kernel may take to end processes that were killed.
_END_PATIENCE_S = 20.0
#: How long a request of the proof may take: the first one compiles kernels.
_REQUEST_S = 120.0
#: The end of the output that is shown of a server that died.
_SHOWN_LINES = 12


@dataclass(frozen=True)
class Target:
    """What an attempt waits for, and how long; ``port`` 0 is whichever the server takes."""

    port: int
    has_health: bool
    patience_s: float
    grace_s: float
    api_key: str | None = None
    tls: bool = False


#: From a follow that is over to what it died of.
Judge = Callable[[Follow], Cause]


@dataclass(frozen=True)
class Served:
    """The server answers at ``endpoint``, ``took_s`` after its start."""

    endpoint: Endpoint
    took_s: float


@dataclass(frozen=True)
class Died:
    """The server did not come up, or went, and why."""

    cause: Cause
    took_s: float
    tail: tuple[str, ...]


def attempt(follow: Follow, target: Target, judge: Judge, interrupts: Interrupts) -> Served | Died:
    """Follow a start to its end. Nothing is left of a server that did not come up; raises Interrupted."""
    deadline = time.monotonic() + target.patience_s
    while not follow.over:
        follow.take(_LOOK_S)
        interrupts.check()
        heard = _heard(follow, target)
        if heard and target.port not in {0, heard.port}:
            return ended(follow, target.grace_s, moved(target.port, heard.port), interrupts)
        if heard and (endpoint := _answering(heard, target)):
            return Served(endpoint, follow.elapsed_s)
        if time.monotonic() > deadline and not follow.exited:
            return ended(follow, target.grace_s, hung(follow, target.patience_s), interrupts)
    return died(follow, judge(follow))


def died(follow: Follow, cause: Cause) -> Died:
    """A server that is gone, and the end of what it said."""
    return Died(cause, follow.elapsed_s, follow.witness.lines[-_SHOWN_LINES:])


def stop(follow: Follow, grace_s: float, interrupts: Interrupts) -> None:
    """End the server and wait until all of it is gone; one more signal from the user waits no longer."""
    interrupts.again = follow.warden.kill
    follow.warden.stop()
    follow.until_over(grace_s + _END_PATIENCE_S)
    interrupts.again = lambda: None


def ended(follow: Follow, grace_s: float, cause: Cause, interrupts: Interrupts) -> Died:
    """End a server that does not serve as it should."""
    stop(follow, grace_s, interrupts)
    return died(follow, cause)


def _heard(follow: Follow, target: Target) -> Listening | None:
    """Where the server listens, once it says that it does: by its own sockets, as anybody can write such a line.

    Nobody else is ever asked, whatever the line names, and no key goes anywhere else.
    """
    if follow.listening is None:
        return None
    pids = {each.pid for each in descendants(follow.warden.process.pid, processes())}
    for port in (target.port, follow.listening.port):
        if host := listening_at(pids, port):
            return Listening(host, port)
    return None


def _answering(heard: Listening, target: Target) -> Endpoint | None:
    """Where the server answers, once it does."""
    scheme = "https" if target.tls else "http"
    endpoint = Endpoint(scheme, heard.host, heard.port, "", target.api_key, _ANSWER_S, certified=False)
    try:
        ready = health(endpoint) == OK if target.has_health else bool(models(endpoint))
    except NoAnswerError:
        return None
    return replace(endpoint, timeout_s=min(_REQUEST_S, target.patience_s)) if ready else None

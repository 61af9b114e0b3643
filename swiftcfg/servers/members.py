"""The processes of one server: which they are, and how they are ended so that none is left and no other is hit."""

import os
import signal
import time
from collections.abc import Callable, Iterable

from swiftcfg.procfs import Process, has_variable, process, processes, user_of

#: The server's processes inherit this variable, with a value that only they have.
TOKEN_VARIABLE = "SWIFTCFG_SERVER"  # noqa: S105  (its name, and no secret)

#: How often it is looked whether those that were asked to end have ended. Chosen.
ROUND_S = 0.1


def descendants(pid: int, table: Iterable[Process]) -> list[Process]:
    """All that ``pid`` started, and what those started."""
    children: dict[int, list[Process]] = {}
    for each in table:
        children.setdefault(each.parent, []).append(each)
    found = list(children.get(pid, ()))
    for each in found:  # which grows while it is walked
        found += children.get(each.pid, ())
    return found


def left_behind(pid: int, start_ticks: int, token: str) -> list[Process]:
    """The living processes of a server whose warden is gone, so that its orphans are anybody's children.

    They carry its token; or they are in the session of its first process, which is still there or has left somebody
    with the token in it; or they descend from one of these. A pid that was given anew has a later start, and the
    session of a new process nobody with the token.
    """
    table = [each for each in processes() if each.lives]
    marked = {each.pid for each in table if _carries(each, start_ticks, token)}
    leads = any((each.pid, each.start_ticks) == (pid, start_ticks) for each in table)
    session = {each.pid for each in table if each.session == pid}
    found = marked | (session if leads or session & marked else set())
    family = {each.pid for one in found for each in descendants(one, table)}
    return [each for each in table if each.pid in found | family and each.pid != os.getpid()]


def _carries(each: Process, since: int, token: str) -> bool:
    return (
        each.start_ticks >= since
        and user_of(each.pid) == os.geteuid()
        and has_variable(each.pid, TOKEN_VARIABLE, token)
    )


def send(target: Process, number: int) -> bool:
    """Signal that very process; False where it has gone or is not ours to signal."""
    try:
        descriptor = os.pidfd_open(target.pid)
    except (AttributeError, OSError):  # Linux before 5.3, a Python built for it, or the process is gone
        descriptor = -1
    try:
        found = process(target.pid)
        if found is None or found.start_ticks != target.start_ticks:
            return False
        if descriptor < 0:
            os.kill(target.pid, number)
        else:
            signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return False
    finally:
        if descriptor >= 0:
            os.close(descriptor)
    return True


class Ending:
    """Ends processes: each is asked once by SIGTERM, and those that are left after the grace period are killed.

    Processes that start meanwhile are found by the next round. The ``round`` that finds none left says so.
    """

    def __init__(self, find: Callable[[], list[Process]], grace_s: float) -> None:
        self._find = find
        self._deadline = time.monotonic() + grace_s
        self._asked: set[tuple[int, int]] = set()
        self.killed: dict[int, str] = {}
        self.left: list[Process] = []

    def hurry(self, grace_s: float = 0) -> None:
        """Wait no longer than this from now on."""
        self._deadline = min(self._deadline, time.monotonic() + grace_s)

    def round(self) -> bool:
        """Signal whom it is time to signal; True when nobody is left."""
        self.left = self._find()
        late = time.monotonic() >= self._deadline
        for each in self.left:
            if late:
                self._kill(each)
            elif each.identity not in self._asked:
                send(each, signal.SIGTERM)
                send(each, signal.SIGCONT)  # who is stopped would never hear it
                self._asked.add(each.identity)
        return not self.left

    def _kill(self, each: Process) -> None:
        if send(each, signal.SIGKILL):
            self.killed[each.pid] = each.name

    def finish(self, patience_s: float = float("inf")) -> bool:
        """Rounds until nobody is left; False where some are after that time, such as in a driver that hangs."""
        until = time.monotonic() + patience_s
        while not self.round():
            if time.monotonic() > until:
                return False
            self.rest()
        return True

    def rest(self) -> None:
        """Between two rounds."""
        time.sleep(ROUND_S)

"""The keeper: from the start of the server to its end, in one loop that sleeps until something happens."""

import gc
import json
import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from swiftcfg.procfs import Process, processes
from swiftcfg.servers.folder import REQUEST, STATE, held_folder
from swiftcfg.servers.members import ROUND_S, TOKEN_VARIABLE, Ending, descendants, left_behind
from swiftcfg.servers.shape import is_grace
from swiftcfg.servers.state import ended_state, identity, new_state, now, write_state
from swiftcfg.warden.alarms import Alarms
from swiftcfg.warden.feed import FAREWELL_S, Feed
from swiftcfg.warden.guard import Guard
from swiftcfg.warden.leash import GONE, Leash
from swiftcfg.warden.logfile import LogFile
from swiftcfg.warden.machine import become_subreaper, signal_pipe
from swiftcfg.warden.output import Output
from swiftcfg.warden.spawn import Command, Started, pipe_of
from swiftcfg.warden.veil import Veil

#: A state that could not be written, and a guard that was killed, are seen to again after so long. Chosen.
RETRY_S = 1.0
#: Killed processes that are still there after so long hang in the kernel; it is told, and they are waited for. Chosen.
STUCK_S = 10.0


class Keeper:
    """One server, its folder, and the four things it listens to: signals, the leash, the output, the clock."""

    def __init__(self, order: dict[str, Any], feed: Feed) -> None:
        self.feed, self.leash = feed, Leash(order["leash_fd"])
        self.folder, self.lock = held_folder(order["folder"], order["name"])
        self.log = LogFile(self.folder)
        self.output = Output(Veil(order["secrets"]), self.log, feed, self._log_changed)
        token = os.urandom(16).hex()
        self.state = new_state(order["name"], order["record"], grace_s=order["grace_s"], token=token)
        self.guard = Guard()
        self.ending: Ending | None = None
        self.status: int | None = None
        self.by = "itself"
        self.over = False
        self.signals = -1
        self.adopts = False
        self.alarms = Alarms(round=self._round, stuck=self._stuck, save=self._save, guard=self._renew_guard)
        self.commands: dict[str, Callable[[object], None]] = {
            "stop": lambda _: self.stop("stop", self.state["grace_s"]),
            "kill": lambda _: self.stop("stop", 0),
            "detach": self._detach,
            "note": self._note,
            GONE: self._gone,
        }

    # Start

    def start(self, order: dict[str, Any]) -> None:
        """Begin: the server does not run before its state is written and its guard is there."""
        self.signals = signal_pipe(signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self.adopts = become_subreaper()
        self.log.rotate()
        self.output.note(f"{order['name']} starts at {now()}")
        stdin = pipe_of(order["stdin"])
        environment = {**order["environment"], TOKEN_VARIABLE: self.state["token"]}
        child = Started(Command(order["argv"], environment, order["cwd"]), stdin, self.output.sink)
        for descriptor in (stdin, self.output.sink):
            os.close(descriptor)
        self.pid = child.pid
        self.state["server"] = identity(child.pid)
        try:
            write_state(self.folder, self.state)
            self._set_up_guard()
            child.go()
        except OSError:
            self.guard.farewell()
            self.folder.remove(STATE)
            raise
        self.feed.event("started", **self.state["server"])
        gc.freeze()

    def _set_up_guard(self) -> None:
        numbers = [-1 if each is None else each for each in (self.feed.descriptor, self.lock, self.output.source)]
        self.guard.set_up(self.folder.path, numbers)
        self.state["guard"] = identity(self.guard.pid or 0)
        self._save()

    def _renew_guard(self) -> None:
        """Another one in the place of one that was killed; while no process can be started it is tried again."""
        try:
            self._set_up_guard()
        except OSError:
            self.alarms.set("guard", RETRY_S)

    # Run

    def keep(self) -> None:
        """Wait for what happens and see to it, until the server has ended."""
        try:
            while not self.over:
                self._wait()
        except Exception:
            import traceback  # noqa: PLC0415  (a bug of ours: the guard will end the server)

            self.output.note(traceback.format_exc())
            raise
        self._close()

    def _wait(self) -> None:
        happens = select.poll()
        watched = {descriptor: (mask, action) for descriptor, mask, action in self._watched()}
        for descriptor, (mask, _) in watched.items():
            happens.register(descriptor, mask)
        for descriptor, _ in happens.poll(self.alarms.patience_ms()):
            watched[descriptor][1]()
        self.alarms.ring()

    def _watched(self) -> Iterator[tuple[int, int, Callable[[], object]]]:
        yield self.signals, select.POLLIN, self._signalled
        if self.leash.descriptor is not None:
            yield self.leash.descriptor, select.POLLIN, self._told
        if self.output.source is not None:
            yield self.output.source, select.POLLIN, self.output.read
        if self.feed.waits and self.feed.descriptor is not None:
            yield self.feed.descriptor, select.POLLOUT, self.feed.flush

    # What happens

    def _signalled(self) -> None:
        numbers = set(os.read(self.signals, 4096))
        if signal.SIGCHLD in numbers:
            self._reap()
        if numbers & {signal.SIGTERM, signal.SIGINT}:
            self.stop("stop", self._requested_grace_s())

    def _requested_grace_s(self) -> float:
        """What ``swiftcfg stop --grace`` left in the folder before its signal."""
        grace_s: float = self.state["grace_s"]
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            asked_s = json.loads(self.folder.read(REQUEST))["grace_s"]
            self.folder.remove(REQUEST)
            grace_s = asked_s if is_grace(asked_s) else grace_s
        return grace_s

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.pid:
                    self._exited(os.waitstatus_to_exitcode(ended[1]))
                elif ended[0] == self.guard.pid:
                    self.guard.gone()
                    self.alarms.set("guard", RETRY_S)
        if self.ending:
            self.alarms.set("round", 0)

    def _exited(self, status: int) -> None:
        self.status = status
        self.feed.event("exited", status=status)
        self._end("itself", self.state["grace_s"])

    def _told(self) -> None:
        for word, value in self.leash.read():
            if word in self.commands:
                self.commands[word](value)

    def stop(self, by: str, grace_s: float) -> None:
        """End the server; where that goes on already, do not wait longer than this."""
        if not self._end(by, grace_s) and self.ending:
            self.ending.hurry(grace_s)
            self.alarms.set("round", 0)

    def _end(self, by: str, grace_s: float) -> bool:
        if self.ending:
            return False
        self.by = by
        self.ending = Ending(self._members, grace_s)
        self.state["phase"] = "stopping"
        self.feed.event("stopping", by=by, grace_s=grace_s)
        self._save()
        self.alarms.set("round", 0)
        self.alarms.set("stuck", grace_s + STUCK_S)
        return True

    def _members(self) -> list[Process]:
        """The server's processes: all that descend from the warden but the guard, as orphans come to it."""
        found = [each for each in descendants(os.getpid(), processes()) if each.lives and each.pid != self.guard.pid]
        known = {each.identity for each in found}
        return found if self.adopts else found + [each for each in self._left_behind() if each.identity not in known]

    def _left_behind(self) -> list[Process]:
        server = self.state["server"]
        return left_behind(server["pid"], server["start_ticks"], self.state["token"])

    def _round(self) -> None:
        if self.ending and self.ending.round() and self.status is not None:
            self.over = True
        else:
            self.alarms.set("round", ROUND_S)

    def _stuck(self) -> None:
        if self.ending:
            self.feed.event("stuck", pids=[each.pid for each in self.ending.left])

    def _detach(self, _: object) -> None:
        self.state["detached"] = True
        self._save()

    def _note(self, value: object) -> None:
        if isinstance(value, dict):
            self.state["record"].update(value)
            self._save()

    def _gone(self, _: object) -> None:
        if not self.state["detached"]:
            self.stop("leash", self.state["grace_s"])

    def _log_changed(self) -> None:
        self.state["log_lost"] = {"lines": self.log.lost, "why": self.log.why}
        self.feed.event("log_lost", lines=self.log.lost, why=self.log.why)
        self._save()

    def _save(self) -> None:
        if self.state["server"] is None:
            return
        try:
            write_state(self.folder, self.state)
        except OSError as error:
            self.alarms.set("save", RETRY_S)
            self.feed.event("state_lost", why=error.strerror)

    # End

    def _close(self) -> None:
        """Everything is written before the name is free, and the name is free before it is told."""
        self.output.finish()
        killed, tail = sorted(self.ending.killed if self.ending else ()), self.output.tail.lines()
        self.state = ended_state(self.state, status=self.status, by=self.by, killed=killed, tail=tail)
        self._save()
        self.guard.farewell()
        os.close(self.lock)
        self.feed.event("ended", **self.state["ended"])
        self.feed.drain(FAREWELL_S)

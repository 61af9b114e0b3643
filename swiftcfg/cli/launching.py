"""What swiftcfg launch does with a job: look, start, follow, prove, and step back where memory ran out."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from swiftcfg.cli import SERVER_STATUS
from swiftcfg.cli.console import Console
from swiftcfg.cli.launch_jobs import Asked, PlanJob, subject_of_target
from swiftcfg.cli.options import echo
from swiftcfg.errors import InputError
from swiftcfg.launch.attempt import Died
from swiftcfg.launch.causes import unproved
from swiftcfg.launch.interrupt import Interrupted, Interrupts
from swiftcfg.launch.session import Proved, Session, Terms
from swiftcfg.preflight import Preflight, preflight
from swiftcfg.report.as_json import as_json
from swiftcfg.report.launch import (
    BackOffStep,
    back_off_data,
    cause_text,
    died_data,
    faults_of,
    launch_data,
    proved_data,
    proved_text,
    served_text,
)
from swiftcfg.report.preflight import preflight_data, preflight_text, start_data, start_text
from swiftcfg.servers.found import read_server
from swiftcfg.servers.names import checked_name, folder_of
from swiftcfg.starting import StartCommand, Subject, start_command
from swiftcfg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from swiftcfg.probe import Check
    from swiftcfg.serverlog import Cause

IN_THE_WAY_STATUS = 1
#: Beyond the time that a problem says it lasts.
_WAIT_MARGIN_S = 1.0


@dataclass(frozen=True)
class Outcome:
    """How a start ended: the exit status, what JSON says of it, and of what the server died where it did not come up.

    A server that was detached has been told already: then ``data`` is None.
    """

    status: int
    data: Mapping[str, Any] | None
    cause: Cause | None = None


def launch_as_asked(asked: Asked) -> int:
    """The exit status of the launch; attached and proved, it becomes the follower and does not come back."""
    interrupts = Interrupts()
    console = Console(interrupts, shows_output=not asked.detach)
    try:
        outcome = _launched(asked, console, interrupts)
    except Interrupted as interrupted:
        return interrupted.exit_status
    if asked.form == "json" and outcome.data is not None:
        echo(as_json(outcome.data), "json")
    return outcome.status


def _launched(asked: Asked, console: Console, interrupts: Interrupts) -> Outcome:
    """The first start and, where it is wished and memory ran out, those after it."""
    if asked.target is not None:
        return Launch(asked, subject_of_target(asked), console, interrupts).run()
    job = PlanJob.first(asked)
    outcome = Launch(asked, job.subject(), console, interrupts).run()
    while asked.back_off and outcome.cause and (eased := job.eased(outcome.cause, console)):
        job = eased
        outcome = Launch(asked, job.subject(), console, interrupts, job.steps).run()
    return outcome


class Launch:
    """One start of one server; ``steps`` are the steps back that led to it."""

    def __init__(
        self, asked: Asked, subject: Subject, console: Console, interrupts: Interrupts,
        steps: tuple[BackOffStep, ...] = (),
    ) -> None:  # fmt: skip
        self.asked, self.subject, self.console, self.interrupts = asked, subject, console, interrupts
        self.steps = steps
        self.name = checked_name(_name_of(subject) if asked.name is None else asked.name)

    def run(self) -> Outcome:
        _refuse_living(self.name)
        command = start_command(self.subject)
        found = self._looked()
        if self.asked.dry_run:
            return self._dry_run(found, command)
        self.console.text(preflight_text(found))
        if found.errors:
            return self._outcome(IN_THE_WAY_STATUS, found, command)
        with self.interrupts.kept():
            self.interrupts.check()
            return self._started(found, command)

    def _looked(self) -> Preflight:
        """The preflight; what goes away by itself is waited for, where it is all that is in the way."""
        found = preflight(self.subject)
        wait_s = 0.0 if self.asked.dry_run else _passes_in(found)
        deadline = time.monotonic() + wait_s
        if wait_s:
            self.console.say(f"waiting up to {wait_s:.0f} s: {found.errors[0].sentence}")
        while wait_s and time.monotonic() < deadline:
            time.sleep(1)
            found = preflight(self.subject)
            wait_s = _passes_in(found)
        return found

    def _started(self, found: Preflight, command: StartCommand) -> Outcome:
        asked = self.asked
        terms = Terms(
            self.name, folder_of(self.name, os.environ), asked.wait_timeout, asked.grace, proof=not asked.no_proof
        )
        with Session(self.subject, found.facts, command, terms, self.console, interrupts=self.interrupts) as session:
            result = session.run(self._tell_check)
            if isinstance(result, Died):
                return self._failed(result, found, command)
            self.console.text(proved_text(result))
            if not result.passed:
                session.stop()
                died = Died(unproved(faults_of(result)), result.served.took_s, ())
                return self._failed(died, found, command, served=proved_data(result))
            return self._serves(session, result, found, command)

    def _tell_check(self, check: Check) -> None:
        self.console.say(f"proof: {check.what}: {'ok' if check.ok else 'FAILED'}")

    def _failed(self, died: Died, found: Preflight, command: StartCommand, **more: Any) -> Outcome:
        self.console.text(cause_text(died.cause, died.took_s, died.tail))
        return self._outcome(SERVER_STATUS, found, command, died.cause, failure=died_data(died), **more)

    def _serves(self, session: Session, proved: Proved, found: Preflight, command: StartCommand) -> Outcome:
        """Told before the leash is let go of: where that cannot be told, nothing stays behind."""
        log = read_server(self.name, os.environ).log
        text = served_text(self.name, proved, detached=self.asked.detach, log=log)
        if not self.asked.detach:
            self.console.text(text)
            with self.interrupts.held_back():
                session.follow.warden.follow(self.name, (sys.executable, "-m", "swiftcfg", "status", self.name))
        self.interrupts.check()
        outcome = self._outcome(0, found, command, served=proved_data(proved))
        echo(as_json(outcome.data) if self.asked.form == "json" else text, self.asked.form)
        session.detach()
        return replace(outcome, data=None)

    def _dry_run(self, found: Preflight, command: StartCommand) -> Outcome:
        if self.asked.form == "text":
            echo(f"{preflight_text(found)}\n{start_text(command)}")
        return self._outcome(IN_THE_WAY_STATUS if found.errors else 0, found, command)

    def _outcome(
        self, status: int, found: Preflight, command: StartCommand, cause: Cause | None = None, **more: Any
    ) -> Outcome:
        parts = {
            "ok": status == 0, "preflight": preflight_data(found), "start": start_data(command),
            "back_off": back_off_data(self.steps), "served": None, "failure": None,
        }  # fmt: skip
        return Outcome(status, launch_data(self.name, parts | more), cause)


def _passes_in(found: Preflight) -> float:
    """How long to wait until nothing is in the way; 0 where nothing is, or something that stays."""
    waits = [problem.wait_s for problem in found.errors if problem.wait_s]
    return max(waits) + _WAIT_MARGIN_S if waits and len(waits) == len(found.errors) else 0.0


def _refuse_living(name: str) -> None:
    try:
        server = read_server(name, os.environ)
    except InputError:
        return
    if server.lives:
        raise InputError(
            f"a server called {name} is {server.phase}", f"choose another --name, or stop it: swiftcfg stop {name}"
        )


def _name_of(subject: Subject) -> str:
    """The model's own name, as far as a name may have its letters."""
    model = str(subject.config.word("model") or "server").rstrip("/").rpartition("/")[2]
    return re.sub(r"[^a-z0-9._-]+", "-", model.lower()).strip("-._")[:64] or "server"

"""What swiftcfg launch does: plan or read, look, start, follow, prove, and step back where memory ran out."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from swiftcfg.cli.console import Console
from swiftcfg.cli.options import echo
from swiftcfg.cli.planning import DEFAULT_PORT, PlanOptions, plan_of, problem_from
from swiftcfg.errors import InputError, NoFitError
from swiftcfg.launch.backoff import MOST_STEPS, is_memory, next_reserve
from swiftcfg.launch.interrupt import Interrupted, Interrupts
from swiftcfg.launch.on_cpu import on_cpu
from swiftcfg.launch.session import Proved, Session, Terms
from swiftcfg.preflight import Preflight, preflight
from swiftcfg.report.as_json import as_json
from swiftcfg.report.launch import (
    back_off_text,
    cause_text,
    died_data,
    failed_proof,
    launch_data,
    proved_data,
    proved_text,
    served_text,
)
from swiftcfg.report.preflight import preflight_data, preflight_text, start_data, start_text
from swiftcfg.servers.found import read_server
from swiftcfg.servers.names import checked_name, folder_of
from swiftcfg.starting import StartCommand, StartOptions, Subject, start_command, subject_of_file, subject_of_plan

if TYPE_CHECKING:
    from swiftcfg.launch.attempt import Died
    from swiftcfg.planner import Plan, Problem
    from swiftcfg.serverlog import Cause

IN_THE_WAY, FAILED = 1, 5
#: Beyond the time that a problem says it lasts.
_WAIT_MARGIN_S = 1.0


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    options: PlanOptions
    target: str | None
    listen: int | Literal["auto"] | None
    nth: int | None
    name: str | None
    detach: bool
    dry_run: bool
    wait_timeout: float
    grace: float
    back_off: bool
    no_proof: bool
    cpu: bool
    form: str


def launch_as_asked(asked: Asked) -> int:
    """The exit status of the launch; attached and proved, it becomes the follower and does not come back."""
    console = Console(shows_output=not asked.detach)
    job: PlanJob | FileJob = FileJob(asked) if asked.target is not None else PlanJob.first(asked)
    for step in range(1, MOST_STEPS + 2):
        launched = Launch(asked, job.subject(), console)
        status = launched.run()
        eased = job.eased(launched.died.cause, step, console) if launched.died and asked.back_off else None
        if eased is None or step > MOST_STEPS:
            return status
        job = eased
    return FAILED


class FileJob:
    """A script or settings file; nothing of it is changed."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def subject(self) -> Subject:
        from swiftcfg.profile_files import find_profile

        profile = self.asked.options.workload.profile
        workload = find_profile(profile) if profile is not None else None
        return subject_of_file(str(self.asked.target), _start_options(self.asked, workload=workload))

    def eased(self, _cause: Cause, _step: int, _console: Console) -> None:
        """A script is started as it is written, and only once."""


@dataclass(frozen=True)
class PlanJob:
    """A plan, and what it takes to make a more careful one."""

    asked: Asked
    problem: Problem
    plan: Plan

    @classmethod
    def first(cls, asked: Asked) -> PlanJob:
        problem = _problem(asked)
        return cls(asked, problem, plan_of(problem))

    def subject(self) -> Subject:
        plan = on_cpu(self.plan) if self.asked.cpu else self.plan
        return subject_of_plan(plan, _start_options(self.asked))

    def eased(self, cause: Cause, step: int, console: Console) -> PlanJob | None:
        """The plan of one step back, shown; None where the cause was not memory or nothing smaller fits."""
        if not is_memory(cause) or step > MOST_STEPS:
            return None
        card = min(gpu.cuda_total.best for gpu in self.plan.gpus)
        problem = replace(_problem(self.asked), reserve=next_reserve(self.problem.reserve, cause, card))
        try:
            plan = plan_of(problem)
        except NoFitError as error:
            console.say(f"no plan is left that is more careful: {error.sentence}")
            return None
        console.text(back_off_text(step, self.plan, plan, cause))
        return PlanJob(self.asked, problem, plan)


def _problem(asked: Asked) -> Problem:
    """What is to be planned, for the environment that will serve and the cards as they are now."""
    from swiftcfg.detect import find_installation, find_runtime
    from swiftcfg.runtime import DEFAULT_VERSIONS

    interpreter = find_installation(asked.options.python).interpreter
    lacks_vllm = find_runtime({}, interpreter).vllm is None
    versions = {"vllm": DEFAULT_VERSIONS["vllm"]} if asked.cpu and lacks_vllm else {}
    port = asked.listen if isinstance(asked.listen, int) else DEFAULT_PORT
    return problem_from(replace(asked.options, python=interpreter, versions=versions, port=port))


def _start_options(asked: Asked, **more: Any) -> StartOptions:
    options = asked.options
    return StartOptions(
        os.environ, options.python, options.gpu, options.model, port=asked.listen, api_key_env=options.api_key_env,
        nth=asked.nth, **more,
    )  # fmt: skip


class Launch:
    """One start of one server. ``died`` says how it ended, where it did not come up."""

    def __init__(self, asked: Asked, subject: Subject, console: Console) -> None:
        self.asked, self.subject, self.console = asked, subject, console
        self.name = checked_name(asked.name or _name_of(subject))
        self.died: Died | None = None

    def run(self) -> int:
        _refuse_living(self.name)
        command = start_command(self.subject)
        found = self._looked()
        if self.asked.dry_run:
            self._show_dry_run(found, command)
            return IN_THE_WAY if found.errors else 0
        for sentence in self.subject.told:
            self.console.say(sentence)
        self.console.text(preflight_text(found))
        if found.errors:
            self._report(ok=False, found=found, command=command)
            return IN_THE_WAY
        interrupts = Interrupts()
        with interrupts.kept():
            try:
                return self._started(found, command, interrupts)
            except Interrupted as interrupted:
                self.console.say("stopped")
                return interrupted.exit_status

    def _looked(self) -> Preflight:
        """The preflight; what goes away by itself is waited for, where it is all that is in the way."""
        found = preflight(self.subject)
        wait_s = 0.0 if self.asked.dry_run else _passes_in(found)
        deadline = time.monotonic() + wait_s
        if wait_s:
            self.console.say(f"{found.errors[0].sentence}: waiting up to {wait_s:.0f} s")
        while wait_s and time.monotonic() < deadline:
            time.sleep(1)
            found = preflight(self.subject)
            wait_s = _passes_in(found)
        return found

    def _started(self, found: Preflight, command: StartCommand, interrupts: Interrupts) -> int:
        asked = self.asked
        terms = Terms(
            self.name, folder_of(self.name, os.environ), asked.wait_timeout, asked.grace, proof=not asked.no_proof
        )
        session = Session(self.subject, command, terms, self.console, interrupts)
        result = session.run(lambda check: self.console.say(f"proof: {check.what}: {'ok' if check.ok else 'FAILED'}"))
        if not isinstance(result, Proved):
            self.died = result
            self._report(ok=False, found=found, command=command, failure=died_data(result))
            self.console.text(cause_text(result.cause, result.took_s, result.tail))
            return FAILED
        self.console.text(proved_text(result))
        if not result.passed:
            session.stop()
            self._report(ok=False, found=found, command=command, served=proved_data(result))
            self.console.text(f"{failed_proof(result)}\nThe server was stopped.\n")
            return FAILED
        return self._serves(session, result, found, command)

    def _serves(self, session: Session, proved: Proved, found: Preflight, command: StartCommand) -> int:
        log = read_server(self.name, os.environ).log
        text = served_text(self.name, proved, detached=self.asked.detach, log=log)
        if not self.asked.detach:
            self.console.text(text)
            session.follow.warden.follow(self.name, (sys.executable, "-m", "swiftcfg", "status", self.name))
        session.follow.warden.detach()
        session.follow.warden.close()
        self._report(ok=True, found=found, command=command, served=proved_data(proved))
        if self.asked.form == "text":
            echo(text)
        return 0

    def _show_dry_run(self, found: Preflight, command: StartCommand) -> None:
        if self.asked.form == "json":
            self._report(ok=not found.errors, found=found, command=command)
            return
        told = "".join(f"{sentence}\n" for sentence in self.subject.told)
        echo(f"{told}{preflight_text(found)}\n{start_text(command)}")

    def _report(self, *, ok: bool, found: Preflight, command: StartCommand, **more: Any) -> None:
        if self.asked.form == "json":
            parts = {"ok": ok, "preflight": preflight_data(found), "start": start_data(command)}
            echo(as_json(launch_data(self.name, parts | {"served": None, "failure": None} | more)), "json")


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

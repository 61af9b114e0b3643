"""What is to be launched, as the command line asks for it: a file as it is, or a plan that can be made more careful."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from swiftcfg.cli.planning import DEFAULT_PORT, PlanOptions, plan_of, problem_from
from swiftcfg.errors import SwiftcfgError
from swiftcfg.launch.backoff import MOST_STEPS, is_memory, next_reserve, others_took_it
from swiftcfg.launch.on_cpu import on_cpu
from swiftcfg.report.launch import BackOffStep, back_off_text, changes_between
from swiftcfg.starting import StartOptions, Subject, subject_of_file, subject_of_plan
from swiftcfg.values import dataclass

if TYPE_CHECKING:
    from swiftcfg.cli.console import Console
    from swiftcfg.planner import Plan, Problem
    from swiftcfg.serverlog import Cause


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


def subject_of_target(asked: Asked) -> Subject:
    """The script or settings file that is named; nothing of it is changed."""
    from swiftcfg.profile_files import find_profile

    profile = asked.options.workload.profile
    workload = find_profile(profile) if profile is not None else None
    return subject_of_file(str(asked.target), _start_options(asked, workload=workload))


@dataclass(frozen=True)
class PlanJob:
    """A plan, what it takes to make a more careful one, and the steps back that led to it."""

    asked: Asked
    problem: Problem
    plan: Plan
    steps: tuple[BackOffStep, ...] = ()

    @classmethod
    def first(cls, asked: Asked) -> PlanJob:
        problem = _problem(asked)
        return cls(asked, problem, plan_of(problem))

    def subject(self) -> Subject:
        plan = on_cpu(self.plan) if self.asked.cpu else self.plan
        return subject_of_plan(plan, _start_options(self.asked))

    def eased(self, cause: Cause, console: Console) -> PlanJob | None:
        """The plan of one step back, shown; None, and why, where there is none."""
        if not is_memory(cause):
            return None
        if len(self.steps) == MOST_STEPS:
            console.say(f"back-off ends here: {MOST_STEPS} steps were tried")
            return None
        try:
            problem, plan = self._smaller(cause)
        except SwiftcfgError as error:
            console.say(f"back-off ends here: {error.sentence}")
            console.text(f"{error.hint}\n" if error.hint else "")
            return None
        step = BackOffStep(len(self.steps) + 1, cause.kind, changes_between(self.plan, plan))
        console.text(back_off_text(step))
        return PlanJob(self.asked, problem, plan, (*self.steps, step))

    def _smaller(self, cause: Cause) -> tuple[Problem, Plan]:
        """The first plan that is another one, for the cards as they are now or keeping more of them free.

        Raises NoFitError where there is none.
        """
        problem, plan = replace(_problem(self.asked), reserve=self.problem.reserve), self.plan
        if others_took_it(cause, self.problem.gpus, problem.gpus):
            plan = plan_of(problem)
        while not changes_between(self.plan, plan):
            problem = replace(problem, reserve=next_reserve(problem.reserve, cause, self.plan))
            plan = plan_of(problem)
        return problem, plan


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

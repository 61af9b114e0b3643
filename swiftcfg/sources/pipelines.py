"""Steps of continuous integration: GitHub Actions and GitLab CI."""

import re
from collections.abc import Iterator

from swiftcfg.config import Unknown
from swiftcfg.script import Script, VariableUse, read_fragment
from swiftcfg.script.fragment import Fragment
from swiftcfg.sources.nodes import Mapping, Node, Scalar, Sequence
from swiftcfg.sources.services import variables_of

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_SCRIPTS = ("before_script", "script", "after_script")


def github_calls(document: Mapping) -> Iterator[Script]:
    """The calls of every ``run:`` of a workflow or of a composite action."""
    top = variables_of(document.get("env"), _filled)
    jobs = document.mapping("jobs") or Mapping(document.start)
    for _, job in (*jobs.pairs, *((key, value) for key, value in document.pairs if key.text == "runs")):
        if isinstance(job, Mapping):
            environment = [*top, *variables_of(job.get("env"), _filled)]
            steps = job.get("steps")
            for step in steps.items if isinstance(steps, Sequence) else ():
                yield from _step(step, environment)


def _step(step: Node, environment: list[VariableUse]) -> Iterator[Script]:
    run = step.get("run") if isinstance(step, Mapping) else None
    if isinstance(step, Mapping) and isinstance(run, Scalar):
        yield from read_fragment(_filled(run.content()), [*environment, *variables_of(step.get("env"), _filled)])


def _filled(fragment: Fragment) -> Fragment:
    return fragment.replaced(_EXPRESSION, lambda match: Unknown(match[0]))


def gitlab_calls(document: Mapping) -> Iterator[Script]:
    """The calls of every job: the lines of its scripts are one after the other in one shell."""
    top = variables_of(document.get("variables"), lambda fragment: fragment)
    for _, job in document.pairs:
        if not isinstance(job, Mapping) or not (set(_SCRIPTS) & job.names()):
            continue
        environment = [*top, *variables_of(job.get("variables"), lambda fragment: fragment)]
        text: Fragment | None = None
        for name in _SCRIPTS:
            for line in _lines(job.get(name) or (document.get(name) if name != "script" else None)):
                text = line if text is None else text.followed_by(line, "\n")
        if text is not None:
            yield from read_fragment(text, environment)


def _lines(node: Node | None, depth: int = 10) -> Iterator[Fragment]:
    if isinstance(node, Scalar):
        yield node.content()
    elif isinstance(node, Sequence) and depth:
        for item in node.items:
            yield from _lines(item, depth - 1)

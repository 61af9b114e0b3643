"""What swiftcfg plan and swiftcfg generate share: the options that make a plan, and the plan made of them."""

from __future__ import annotations

import os
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from swiftcfg.cli.options import given_versions, gpu_option, model_option, runtime_options
from swiftcfg.cli.workload_options import WorkloadOptions, workload_from, workload_options
from swiftcfg.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from swiftcfg.planner import Plan, Problem


#: The port of swift deploy itself.
DEFAULT_PORT = 8000


@dataclass(frozen=True)
class PlanOptions:
    """What the command line says of the server to plan; ``plan_from`` makes a plan of it."""

    model: str
    adapters: tuple[str, ...]
    gpu: str | None
    workload: WorkloadOptions
    python: str | None
    versions: dict[str, str]
    host: str
    served_model_name: str | None
    api_key_env: str | None
    tensor_parallel_size: int | None
    port: int = DEFAULT_PORT


#: What plan, generate and launch ask for in the same words.
SHARED_OPTIONS = (
    click.option("--adapters", multiple=True, metavar="FOLDER", help="A LoRA adapter to serve with the model."),
    gpu_option,
    workload_options,
    runtime_options,
    click.option(
        "--tensor-parallel-size", type=int, metavar="N", help="Cards to split the model over. Default: as few as fit."
    ),
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is every one."),
    click.option("--served-model-name", metavar="NAME", help="What clients call the model."),
    click.option("--api-key-env", metavar="NAME", help="Environment variable that will hold the API key."),
)
_OPTIONS = (
    model_option,
    click.option("--port", type=int, default=DEFAULT_PORT, show_default=True, help="Port to listen on."),
    *SHARED_OPTIONS,
)


def plan_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as one value, ``options``."""
    return collecting(command, _OPTIONS)


def collecting(command: Callable[..., Any], rows: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    """Add options, among them all that PlanOptions needs; the command gets these as one value, ``options``."""

    @wraps(command)
    def collected(*args: Any, **values: Any) -> Any:
        values["versions"] = given_versions(click.get_current_context())
        options = PlanOptions(**{name: values.pop(name) for name in PlanOptions.__dataclass_fields__ if name in values})
        return command(*args, options=options, **values)

    for option in reversed(rows):
        collected = option(collected)
    return collected


def plan_from(options: PlanOptions) -> Plan:
    """Load the facts and plan."""
    return plan_of(problem_from(options))


def plan_of(problem: Problem) -> Plan:
    """The plan for a problem, with what the shipped catalogues offer beside it."""
    from swiftcfg import knowledge
    from swiftcfg.market import market_of
    from swiftcfg.planner import make_plan

    return make_plan(problem, lambda: market_of(problem.model, problem.gpus), knowledge.load("advice.yaml"))


def problem_from(options: PlanOptions) -> Problem:
    """Load the facts that a plan needs."""
    from swiftcfg.catalogue import find_model
    from swiftcfg.detect import find_runtime
    from swiftcfg.nvml import find_gpus
    from swiftcfg.planner import Problem, Wishes

    wishes = Wishes(
        options.host, options.port, options.served_model_name, options.api_key_env, options.tensor_parallel_size
    )
    model = find_model(options.model, options.adapters)
    gpus = find_gpus(options.gpu, os.environ).gpus
    runtime = find_runtime(options.versions, options.python)
    return Problem(model, gpus, runtime, workload_from(options.workload), wishes)

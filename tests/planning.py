"""Problems for the planner's tests, from the shipped catalogues."""

from functools import cache
from typing import Any

from swiftcfg import knowledge
from swiftcfg.catalogue import find_model
from swiftcfg.errors import NoFitError
from swiftcfg.gpu import Gpu
from swiftcfg.gpu_spec import parse_gpus
from swiftcfg.market import market_of
from swiftcfg.nvml import gpu_catalogue
from swiftcfg.planner import Plan, Problem, Wishes, make_plan
from swiftcfg.profile_files import find_profile
from swiftcfg.profile_model import parse_workload
from swiftcfg.runtime import choose_runtime
from swiftcfg.workload import Workload


@cache
def gpus(spec: str) -> tuple[Gpu, ...]:
    return parse_gpus(spec, gpu_catalogue())


def workload(**fields: Any) -> Workload:
    return parse_workload({"name": "test", **fields}, "the test")


def problem(
    model: str = "Qwen2.5-VL-7B-Instruct",
    gpu: str = "H100-80GB",
    profile: str | Workload = "chat-images-videos",
    wishes: Wishes | None = None,
    **versions: str,
) -> Problem:
    given = {name.replace("_", "-"): version for name, version in versions.items()}
    runtime = choose_runtime({"ms-swift": "4.6.0", "vllm": "0.23.0", "qwen-vl-utils": "0.0.14"} | given, {}, "")
    asked = find_profile(profile) if isinstance(profile, str) else profile
    return Problem(find_model(model), gpus(gpu), runtime, asked, wishes or Wishes())


def plan(question: Problem) -> Plan:
    return make_plan(question, lambda: market_of(question.model, question.gpus), knowledge.load("advice.yaml"))


def plan_or_none(question: Problem) -> Plan | None:
    try:
        return plan(question)
    except NoFitError:
        return None


def setting(made: Plan, name: str) -> str | None:
    return next((item.value for item in made.settings if item.name == name), None)

"""Gather: from one deploy call and what the options say to all that rules may ask for."""

import os
from dataclasses import replace
from functools import cache

from swiftcfg.catalogue import find_model, namesake
from swiftcfg.config import DeployConfig, Unknown
from swiftcfg.deployment import Deployment, account, adapters_of, deployment_of, named_model
from swiftcfg.errors import InputError, SwiftcfgError
from swiftcfg.facts import COMMON_SIZES, Facts, Origin
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory import MemoryPlan
from swiftcfg.model import Model
from swiftcfg.nvml import NVML_PATIENCE_S, Machine, find_gpus, machine_or_fault, visible_inventory
from swiftcfg.nvml_faults import GpuError
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.script.breakages import Breakage
from swiftcfg.settings import engine_settings
from swiftcfg.sources import breakages_in
from swiftcfg.tokens import Limits
from swiftcfg.values import dataclass
from swiftcfg.visible_gpus import VISIBLE, Board, select_visible
from swiftcfg.workload import Workload


@dataclass(frozen=True)
class Given:
    """What is the same for every call: the options, and what they stand for.

    ``machine`` is what NVML tells, or why it tells nothing; it is asked where that is None and matters.
    """

    runtime: Runtime
    catalog: FlagCatalog
    model: str | None = None
    gpu: str | None = None
    workload: Workload | None = None
    machine: Machine | GpuError | None = None


def gather(origin: Origin, script: Script, given: Given) -> Facts:
    """Everything that is known of a call; of what is not, the reason.

    Raises a SwiftcfgError where an option names a model or a card that is not to be had: it was meant to be judged
    by. A model that the command names is a reason not to judge what depends on it.
    """
    config, workload = script.config(), given.workload
    reasons: dict[str, str] = {}
    model = _found_model(config, given, reasons)
    gpus = _found_gpus(config, given, reasons)
    whole = deployment_of(config, model, gpus or (), given.runtime, given.catalog) if model else None
    limits = _known_limits(whole, reasons)
    deployment = whole if gpus else None
    if deployment is None:
        reasons["deployment"] = reasons["model"] if model is None else reasons["gpus"]
    return Facts(
        origin, script, config, given.catalog, given.runtime,
        settings=whole.settings if whole else engine_settings(config, given.runtime, given.catalog),
        model=model,
        limits=limits,
        gpus=gpus,
        deployment=deployment,
        memory=_memory(deployment, workload, reasons),
        workload=workload,
        sizes=COMMON_SIZES if workload is None else tuple(size for size, _ in workload.image_sizes()),
        breakages=breakages_in(origin.kind, script),
        video_readers=given.runtime.video_readers,
        reasons=reasons,
    )  # fmt: skip


def gather_hidden(origin: Origin, hidden: tuple[Breakage, ...], given: Given) -> Facts:
    """Of calls that nothing makes only what is broken around them: they mean nothing themselves."""
    return replace(gather(origin, Script((), (), (), (), hidden[0].place), given), breakages=hidden)


def _found_model(config: DeployConfig, given: Given, reasons: dict[str, str]) -> Model | None:
    name = given.model or named_model(config)
    if name is None:
        reasons["model"] = _why_no_model(config)
        return None
    if given.model is None:
        name = _known_name(name, reasons)
    found = _model(name, adapters_of(config))
    if isinstance(found, Model):
        return found
    without = _model(name, ())
    if isinstance(without, Model):
        reasons["memory"] = f"{found.sentence}: give --model"
        return without
    if given.model is not None:
        raise without
    reasons["model"] = f"{without.sentence}: give --model"
    return None


def _known_name(name: str, reasons: dict[str, str]) -> str:
    """The name, or of a folder that is not here the published model that it is called like."""
    published = None if isinstance(_model(name, ()), Model) else namesake(name)
    if published is None:
        return name
    reasons["model"] = f"{name} is not here: judged as {published}, by its name; --model says otherwise"
    return published


def _why_no_model(config: DeployConfig) -> str:
    hidden = next((flag.words[0] for flag in config.flags if flag.name == "model" and flag.words), None)
    if isinstance(hidden, Unknown):
        return f"the model is {hidden.expression}, which is not known here: give --model"
    return "the command names no model: give --model"


@cache
def _model(name: str, adapters: tuple[str, ...]) -> Model | SwiftcfgError:
    """The model, or why it is not known."""
    try:
        return find_model(name, adapters)
    except SwiftcfgError as error:
        return error.with_traceback(None)


def _found_gpus(config: DeployConfig, given: Given, reasons: dict[str, str]) -> tuple[Gpu, ...] | None:
    """The cards that the command sees. A single card that is described stands for each that it uses."""
    visible = config.variable(VISIBLE)
    if given.gpu is None:
        found = _machine_gpus(visible, given.machine)
    else:
        described = find_gpus(given.gpu, {}).gpus
        found = described if len(described) == 1 or visible is None else _chosen(described, visible)
    if isinstance(found, str):
        reasons["gpus"] = found
        return None
    return found


def _chosen(gpus: tuple[Gpu, ...], visible: str | Unknown) -> tuple[Gpu, ...] | str:
    """Of several described cards those that CUDA_VISIBLE_DEVICES names by number."""
    if isinstance(visible, Unknown):
        return f"{VISIBLE} is {visible.expression}, which is not known"
    boards = [Board(index, gpu.name, (gpu,)) for index, gpu in enumerate(gpus)]
    selection = select_visible(boards, {VISIBLE: visible})
    return selection.gpus or f"{'; '.join(selection.notes)}: --gpu describes {len(gpus)}"


def _machine_gpus(visible: str | Unknown | None, machine: Machine | GpuError | None) -> tuple[Gpu, ...] | str:
    if isinstance(visible, Unknown):
        return f"{VISIBLE} is {visible.expression}, which is not known: give --gpu"
    machine = _machine() if machine is None else machine
    if isinstance(machine, GpuError):
        return f"{machine.sentence}: give --gpu"
    given = {} if visible is None else {VISIBLE: visible}
    try:
        return visible_inventory(machine, {**os.environ, **given}).gpus
    except GpuError as error:
        return f"{error.sentence}: give --gpu"


@cache
def _machine() -> Machine | GpuError:
    """What NVML tells of this machine, asked once; or why it tells nothing."""
    return machine_or_fault(NVML_PATIENCE_S)


def _known_limits(deployment: Deployment | None, reasons: dict[str, str]) -> Limits | None:
    if deployment is None:
        reasons["limits"] = reasons["model"]
    elif deployment.limits is None:
        unknown = f"how {deployment.model.name} counts images is not known, or it takes none"
        reasons["limits"] = unknown if deployment.model.vision is None else deployment.notes[0]
    return deployment.limits if deployment else None


def _memory(deployment: Deployment | None, workload: Workload | None, reasons: dict[str, str]) -> MemoryPlan | None:
    """The account, where model and cards are known and nothing of the model is missing."""
    if deployment is None:
        reasons["memory"] = reasons["deployment"]
        return None
    if "memory" in reasons:
        return None
    try:
        return account(deployment, workload)
    except InputError as error:
        reasons["memory"] = error.sentence
        return None

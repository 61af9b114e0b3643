"""Deployment: an existing command on a model and cards, and the memory it takes there."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from swiftcfg import laxjson
from swiftcfg.config import DeployConfig, Unknown
from swiftcfg.engine import EngineSettings
from swiftcfg.errors import InputError
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.memory import Demand, MemoryPlan, judge_media, plan_memory
from swiftcfg.model import Model
from swiftcfg.requests import request_under
from swiftcfg.runtime import Runtime
from swiftcfg.settings import engine_settings
from swiftcfg.tokens import Limits, effective_limits
from swiftcfg.units import whole
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

#: Flags that name the model, newest first (ms-swift 2.x had the other two).
MODEL_FLAGS = ("model", "model_id_or_path", "ckpt_dir")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One command with everything its memory depends on."""

    config: DeployConfig
    model: Model
    gpus: tuple[Gpu, ...]
    runtime: Runtime
    settings: EngineSettings
    limits: Limits | None
    notes: tuple[str, ...]

    @property
    def ranks(self) -> int:
        return self.settings.tensor_parallel_size * self.settings.pipeline_parallel_size


def named_model(config: DeployConfig) -> str | None:
    """The model that a command names; None where it names none, or only a variable knows it.

    Without a model the first adapter tells its base, and in ms-swift 2 a type is a model's name.
    """
    words = (config.word(name) for name in MODEL_FLAGS)
    adapters = (word.rpartition("=")[2] for word in adapters_of(config))
    given = (*words, *adapters, config.word("model_type"))
    return next((word for word in given if isinstance(word, str) and word), None)


def unnamed(config: DeployConfig) -> str:
    """What a command says of its model where ``named_model`` finds none."""
    flags = (*MODEL_FLAGS, "adapters", "model_type")
    hidden = next(((name, word) for name in flags if isinstance(word := config.word(name), Unknown)), None)
    if hidden is None:
        return "the command names no model"
    return f"the model is {hidden[1].expression} (--{hidden[0]}), which only the shell that runs it knows"


def adapters_of(config: DeployConfig) -> tuple[str, ...]:
    """The adapter folders that a command names, as far as they are known."""
    flag = config.flag("adapters")
    return tuple(word for word in flag.words if isinstance(word, str)) if flag else ()


def deployment_of(
    config: DeployConfig, model: Model, gpus: tuple[Gpu, ...], runtime: Runtime, catalog: FlagCatalog
) -> Deployment:
    """Work out what the engine will be told, and what images and videos will be limited to."""
    settings = engine_settings(config, runtime, catalog)
    limits, notes = limits_of(config, model, runtime, settings)
    return Deployment(config, model, gpus, runtime, settings, limits, (*notes, *_gpu_notes(settings, gpus)))


def account(deployment: Deployment, workload: Workload | None = None) -> MemoryPlan:
    """The memory of the rank that has the least to spare.

    Without a workload the largest image that the caps let in is what the vision tower is judged by.
    """
    plans = [_account_on(gpu, deployment, workload) for gpu in _rank_cards(deployment)]
    plan = min(plans, key=_spare)
    extra = tuple(_missing_cards(deployment))
    if extra:
        return replace(plan, verdict="does-not-fit", reasons=(*extra, *plan.reasons))
    return plan


def _account_on(gpu: Gpu, deployment: Deployment, workload: Workload | None) -> MemoryPlan:
    model, runtime, settings, limits = deployment.model, deployment.runtime, deployment.settings, deployment.limits
    if workload is not None:
        plan = plan_memory(model, gpu, runtime, settings, _demand(deployment, workload))
        return plan if limits or not _sends_media(workload) else _without_sizes(plan)
    plan = plan_memory(model, gpu, runtime, settings)
    if settings.backend != "vllm" or limits is None:
        return plan
    return judge_media(plan, {"image": limits.image_max_tokens}, _images(settings, plan))


def _sends_media(workload: Workload) -> bool:
    return bool(workload.images_per_request or workload.videos_per_request)


def _without_sizes(plan: MemoryPlan) -> MemoryPlan:
    """A plan that counted requests without their images: what does not fit still does not, the rest is open."""
    missing = "how many tokens the images and videos of a request have is not known"
    verdict = plan.verdict if plan.verdict == "does-not-fit" else "unknown"
    reasons = plan.reasons if plan.verdict == "does-not-fit" else (missing,)
    return replace(plan, verdict=verdict, reasons=reasons, unknowns=(*plan.unknowns, missing))


def _images(settings: EngineSettings, plan: MemoryPlan) -> int:
    """Images that may be in flight at once."""
    limit = settings.media_limits.get("image")
    return (1 if limit is None else limit.count) * plan.max_num_seqs


def _demand(deployment: Deployment, workload: Workload) -> Demand:
    """What the workload's largest request asks for under this command's own caps."""
    request = request_under(deployment.model, workload, deployment.limits)
    return request.demand(workload, deployment.settings.max_model_len)


def limits_of(
    config: DeployConfig, model: Model, runtime: Runtime, settings: EngineSettings
) -> tuple[Limits | None, tuple[str, ...]]:
    """Effective limits; where they cannot be known, a note that says why."""
    if model.vision is None:
        return None, ()
    if runtime.qwen_vl_utils is None:
        return None, ("qwen-vl-utils is not known, so the sizes of images are not, either; give --qwen-vl-utils",)
    variables = {name: word for name, word in config.environment if isinstance(word, str)} | _by_flag(config)
    hidden = [name for name, word in config.environment if isinstance(word, Unknown)]
    flag = config.word("max_pixels")
    try:
        limits = effective_limits(
            model.vision, runtime, variables, model_type=model.model_type, processor=model.limits,
            backend=settings.backend, max_pixels_flag=whole(flag) if isinstance(flag, str) else None,
        )  # fmt: skip
    except InputError as error:
        return None, (f"{error.sentence}; image sizes are not known",)
    return limits, tuple(f"the value of {name} is not known and taken as not set" for name in hidden)


def _by_flag(config: DeployConfig) -> dict[str, str]:
    """Variables that --model_kwargs writes over the environment (ms-swift@4.6.0:…/base_args/base_args.py:236-250)."""
    word = config.word("model_kwargs")
    try:
        given = laxjson.read(word, repaired=True) if isinstance(word, str) else {}
    except ValueError:
        return {}
    return {name.upper(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}


def _gpu_notes(settings: EngineSettings, gpus: tuple[Gpu, ...]) -> Iterator[str]:
    ranks = settings.tensor_parallel_size * settings.pipeline_parallel_size
    if len(gpus) == 1 and ranks > 1:
        yield f"the command uses {ranks} cards; each is taken to be a {gpus[0].name}"


def _rank_cards(deployment: Deployment) -> Iterable[Gpu]:
    """The cards that ranks land on: the first ones, as CUDA numbers them; equal ones are looked at once."""
    cards = deployment.gpus[: deployment.ranks]
    return {(gpu.name, gpu.nvml_total, gpu.used): gpu for gpu in cards}.values()


def _missing_cards(deployment: Deployment) -> Iterator[str]:
    if 1 < len(deployment.gpus) < deployment.ranks:
        yield f"the command uses {deployment.ranks} cards, and there are {len(deployment.gpus)}"


def _spare(plan: MemoryPlan) -> int:
    return min((item.margin for item in plan.constraints if item.unit == "bytes"), default=0)

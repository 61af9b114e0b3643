"""Facts for the cases of rules: what is known of each call of a script, under stated versions, model and GPUs."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from swiftcfg.catalogue import find_model
from swiftcfg.config import DeployConfig
from swiftcfg.deployment import account, deployment_of, limits_of, named_model
from swiftcfg.detect import read_catalog
from swiftcfg.errors import InputError
from swiftcfg.facts import Facts, Origin
from swiftcfg.model import Model
from swiftcfg.nvml import find_gpus
from swiftcfg.profile_files import find_profile
from swiftcfg.runtime import DEFAULT_VERSIONS, choose_runtime
from swiftcfg.script import Script, read_script
from swiftcfg.settings import engine_settings


@dataclass(frozen=True)
class Surroundings:
    """What a case says besides its script; the fields are the options of ``swiftcfg validate``."""

    ms_swift: str = DEFAULT_VERSIONS["ms-swift"]
    vllm: str | None = DEFAULT_VERSIONS["vllm"]
    qwen_vl_utils: str | None = DEFAULT_VERSIONS["qwen-vl-utils"]
    transformers: str | None = None
    model: str | None = None
    gpu: str | None = None
    profile: str | None = None
    mode: str | None = None

    @classmethod
    def of_options(cls, text: str) -> "Surroundings":
        """Read what a page of a rule says after ``Checked with:``."""
        words = shlex.split(text)
        names = [word.removeprefix("--").replace("-", "_") for word in words[::2]]
        return cls(**dict(zip(names, words[1::2], strict=True)))


def facts_of(text: str, around: Surroundings) -> Iterator[Facts]:
    """The facts of every call of a script."""
    mode = int(around.mode, 8) if around.mode else None
    for script in read_script(text):
        yield _facts(Origin("deploy.sh", "shell", text, mode), script, around)


def _facts(origin: Origin, script: Script, around: Surroundings) -> Facts:
    packages = ("ms_swift", "vllm", "qwen_vl_utils", "transformers")
    given = {name.replace("_", "-"): version for name in packages if (version := getattr(around, name))}
    runtime = choose_runtime(given, {"ms-swift": given["ms-swift"]}, "the environment")
    config, catalog = script.config(), read_catalog(runtime.ms_swift)
    settings = engine_settings(config, runtime, catalog)
    model = _model(config, around)
    gpus = find_gpus(around.gpu, {}).gpus if around.gpu else None
    deployment = deployment_of(config, model, gpus, runtime, catalog) if model and gpus else None
    workload = find_profile(around.profile) if around.profile else None
    return Facts(
        origin, script, config, catalog, runtime, settings, model,
        limits=limits_of(config, model, runtime, settings)[0] if model else None,
        gpus=gpus,
        deployment=deployment,
        memory=account(deployment, workload) if deployment else None,
        workload=workload,
    )  # fmt: skip


def _model(config: DeployConfig, around: Surroundings) -> Model | None:
    if around.model:
        return find_model(around.model)
    try:
        return find_model(named_model(config) or "")
    except InputError:
        return None

"""What is installed for the serving interpreter, by metadata; versions that do not go together are rules' business."""

import os
from collections.abc import Iterator, Mapping

from swiftcfg.files import expanded, is_folder
from swiftcfg.model import TowerKind
from swiftcfg.planner import Plan
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Problem, Said
from swiftcfg.runtime import PACKAGES, Runtime
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """A package that something needs, and what for; ``also`` are other names that will do."""

    package: str
    why: str
    also: tuple[str, ...] = ()

    def missing_in(self, packages: Mapping[str, str]) -> bool:
        return not any(name in packages for name in (self.package, *self.also))


_ALWAYS = (Need("torch", "every backend computes with it"), Need("transformers", "it reads the model's settings"))
#: vLLM itself is what rule STK006 looks for.
_ENGINES: Mapping[str, tuple[Need, ...]] = {
    "sglang": (Need("sglang", "--infer_backend sglang is that package"),),
    "lmdeploy": (Need("lmdeploy", "--infer_backend lmdeploy is that package"),),
}
_LIBRARY = Need("qwen-vl-utils", "ms-swift resizes images and videos with it")
_VISION = Need("torchvision", "the model's image processor and qwen-vl-utils import it")
#: What ms-swift and transformers import for a tower (ms-swift@4.6.0:swift/model/models/qwen.py, requires;
#: transformers@5.19.0: Qwen2VLVideoProcessor requires the Torchvision library).
_TOWERS: Mapping[TowerKind, tuple[Need, ...]] = {
    "qwen2_vl": (_LIBRARY, _VISION),
    "qwen2_5_vl": (_LIBRARY, _VISION),
    "qwen3_vl": (_LIBRARY, _VISION),
}
#: Flag and value -> what only the transformers backend imports for it
#: (ms-swift@4.6.0:swift/arguments/base_args/quant_args.py, swift/model/utils.py:27-42).
_ASKED: Mapping[tuple[str, str], Need] = {
    **dict.fromkeys(
        (("attn_impl", "flash_attn"), ("attn_impl", "flash_attention_2")),
        Need("flash-attn", "--attn_impl asks for it"),
    ),
    ("quant_method", "bnb"): Need("bitsandbytes", "--quant_method bnb is that package"),
    ("quant_method", "hqq"): Need("hqq", "--quant_method hqq is that package"),
    ("quant_method", "eetq"): Need("eetq", "--quant_method eetq is that package"),
    ("quant_method", "quanto"): Need("optimum-quanto", "--quant_method quanto is that package"),
}  # fmt: skip
#: Modules that would be imported from PYTHONPATH before what is installed.
_MODULES = ("swift", "vllm", "transformers", "torch", "qwen_vl_utils")


def check_software(known: Known) -> Iterator[Said]:
    installation = known.subject.installation
    tower = known.facts.model.vision if known.facts.model else None
    for need in needs(known.backend, tower.kind if tower else None, _flags(known)):
        if need.missing_in(installation.packages):
            yield Problem(
                "software", "error", f"{need.package} is not installed in {installation.prefix}: {need.why}",
                f"{installation.interpreter} -m pip install {need.package}",
            )  # fmt: skip
    if known.subject.plan:
        yield from differences(known.subject.plan, known.subject.runtime)
    yield from shadowed(known.subject.caller.get("PYTHONPATH", ""))


def needs(backend: str, tower: TowerKind | None, flags: Mapping[str, str]) -> Iterator[Need]:
    """All packages that a call needs."""
    yield from _ALWAYS
    yield from _ENGINES.get(backend, ())
    yield from _TOWERS[tower] if tower else ()
    if backend == "transformers":
        yield from (need for (flag, value), need in _ASKED.items() if flags.get(flag) == value)


def differences(plan: Plan, installed: Runtime) -> Iterator[Problem]:
    """Versions that the plan counted with and that are not there."""
    for package in PACKAGES:
        counted, there = plan.runtime.version_of(package), installed.version_of(package)
        if there and counted and there != counted:
            yield Problem(
                "software", "warning",
                f"the plan is for {package} {counted} ({plan.runtime.origins.get(package, 'given')}), {there} is here",
                "plan for what is installed: leave the version options out and give --python",
            )  # fmt: skip


def shadowed(python_path: str) -> Iterator[Said]:
    """Packages of PYTHONPATH, which come before those that were looked at."""
    for folder in filter(None, python_path.split(os.pathsep)):
        found = [name for name in _MODULES if is_folder(expanded(folder) / name)]
        if found:
            yield Problem(
                "software", "warning",
                f"PYTHONPATH puts {', '.join(found)} of {folder} before what is installed, and that was not looked at",
                "unset PYTHONPATH, or install what is in it",
            )  # fmt: skip


def _flags(known: Known) -> dict[str, str]:
    return {flag.name: str(flag.words[0]) for flag in known.config.flags if flag.words}

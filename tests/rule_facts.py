"""Facts for the cases of rules: what is known of each call of a script, under stated versions, model and GPUs."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml
from packaging.version import Version

from swiftcfg.detect import read_catalog
from swiftcfg.facts import Facts, Origin
from swiftcfg.gather import Given, gather, gather_hidden
from swiftcfg.profile_files import find_profile
from swiftcfg.runtime import DEFAULT_VERSIONS, choose_runtime
from swiftcfg.script import read_script
from swiftcfg.sources import find_calls
from swiftcfg.workload import Workload, workload_of


@dataclass(frozen=True)
class Surroundings:
    """What a case says besides its script; the fields are the options of ``swiftcfg validate``.

    A version that is not given is the one that goes with ms-swift; ``none`` says that the package is missing.
    ``installed`` are the packages that read videos, ``decord==0.6.0 av``, where somebody looked; ``mode`` is the
    file's; ``profile`` is the name of one, or one in YAML.
    """

    ms_swift: str = DEFAULT_VERSIONS["ms-swift"]
    vllm: str | None = None
    qwen_vl_utils: str | None = None
    transformers: str | None = None
    model: str | None = None
    gpu: str | None = None
    profile: str | None = None
    mode: str | None = None
    installed: str | None = None

    @classmethod
    def of_options(cls, text: str) -> "Surroundings":
        """Read what a page of a rule says after ``Checked with:``."""
        words = shlex.split(text)
        names = [word.removeprefix("--").replace("-", "_") for word in words[::2]]
        return cls(**dict(zip(names, words[1::2], strict=True)))


def facts_of(text: str, around: Surroundings) -> Iterator[Facts]:
    """The facts of every call of a script; without ``gpu`` there is none, whatever this machine has."""
    mode = int(str(around.mode), 8) if around.mode else None
    given = _given(around)
    for script in read_script(text):
        facts = gather(Origin("deploy.sh", "shell", text, mode), script, given)
        yield facts if around.gpu else replace(facts, gpus=None, deployment=None, memory=None)


def hidden_facts_of(text: str, around: Surroundings) -> Facts | None:
    """The facts of the calls that nothing makes, if there are any."""
    hidden = find_calls("deploy.sh", text).hidden
    return gather_hidden(Origin("deploy.sh", "shell", text), hidden, _given(around)) if hidden else None


def _given(around: Surroundings) -> Given:
    packages = ("ms_swift", "vllm", "qwen_vl_utils", "transformers")
    said = {name.replace("_", "-"): version for name in packages if (version := getattr(around, name))}
    versions = {name: version for name, version in said.items() if version != "none"}
    missing = "none" in said.values()
    runtime = choose_runtime(versions, {}, "the environment", pointed_at=missing)
    runtime = replace(runtime, video_readers=None if around.installed is None else _installed(around.installed))
    workload = _workload(around.profile) if around.profile else None
    return Given(runtime, read_catalog(runtime.ms_swift), around.model, around.gpu, workload)


def _workload(profile: str) -> Workload:
    """A shipped profile by its name, or one that is written out: ``{task: gui, …}``."""
    return workload_of({"name": "the-case", **yaml.safe_load(profile)}) if "{" in profile else find_profile(profile)


def _installed(text: str) -> dict[str, Version | None]:
    parts = (word.partition("==") for word in text.split())
    return {name: Version(version) if version else None for name, _, version in parts}

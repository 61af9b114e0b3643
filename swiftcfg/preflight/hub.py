"""A model that is named by its hub id: whether it is in a cache, and else whether there is room for it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from swiftcfg.deployment import named_model
from swiftcfg.errors import SwiftcfgError
from swiftcfg.files import expanded, folders_in, is_file, is_folder
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Note, Problem, Said
from swiftcfg.preflight.room import free_bytes
from swiftcfg.units import gib
from swiftcfg.values import dataclass

Hub = Literal["ModelScope", "Hugging Face"]

_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})
#: Variables that keep each hub's library from the network (huggingface_hub@1.33.0:constants.py, HF_HUB_OFFLINE;
#: modelscope_hub@0.5.1 has none that ms-swift honours).
_OFFLINE: Mapping[Hub, tuple[str, ...]] = {"Hugging Face": ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"), "ModelScope": ()}
#: A download is written once; tokenizer and settings are a few MB beside the weights. Chosen.
_BESIDE_WEIGHTS = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Cached:
    """What a hub's cache holds of a model: the folder, None where there is none, and what is wrong with it."""

    hub: Hub
    folder: str | None
    faults: tuple[str, ...]
    free_bytes: int | None
    offline: str | None


def check_download(known: Known) -> Iterator[Said]:
    name, model = named_model(known.config), known.facts.model
    if name is None or is_folder(expanded(name)) or not is_hub_id(name):
        return
    environment = known.environment
    hub = hub_of(environment, str(known.config.word("use_hf") or ""))
    size = model.weights.total() if model and model.weights else None
    yield from judge(name, see(name, hub, environment, sees=bool(model and model.vision)), size)


def is_hub_id(name: str) -> bool:
    """Whether a hub could have a model of that name; a folder in it may follow a colon, as ms-swift has it."""
    return _ID.fullmatch(name.partition(":")[0]) is not None


def hub_of(environment: Mapping[str, str], flag: str) -> Hub:
    """Where ms-swift looks: ``--use_hf``, else USE_HF, else ModelScope (ms-swift@4.6.0:swift/utils/env.py)."""
    said = flag or environment.get("USE_HF", "")
    return "Hugging Face" if said.lower() in _TRUE else "ModelScope"


def see(name: str, hub: Hub, environment: Mapping[str, str], *, sees: bool) -> Cached:
    """Look into the cache of a hub."""
    root = _root(hub, environment)
    folder = next((one for one in _candidates(hub, root, name) if is_file(one / "config.json")), None)
    offline = next((name for name in _OFFLINE[hub] if environment.get(name, "").lower() in _TRUE), None)
    return Cached(hub, str(folder) if folder else None, _faults(folder, sees=sees), free_bytes(root), offline)


def judge(name: str, cached: Cached, size: int | None) -> Iterator[Said]:
    """What is to be said of what the cache holds; ``size`` is that of the weights where it is known."""
    if cached.folder and not cached.faults:
        yield Note("download", f"{name} is in the cache: {cached.folder}")
        return
    state = f"is not whole in the cache ({cached.faults[0]})" if cached.folder else f"is in no cache of {cached.hub}"
    if cached.offline:
        yield Problem(
            "download", "error", f"{name} {state}, and {cached.offline} forbids to load it",
            f"load it first, or unset {cached.offline}",
        )  # fmt: skip
        return
    amount = f", about {gib(size)}" if size else ""
    yield Note("download", f"{name} {state}: the server will load it from {cached.hub}{amount}")
    needs = (size or 0) + _BESIDE_WEIGHTS
    if cached.free_bytes is not None and cached.free_bytes < needs and not cached.folder:
        yield Problem(
            "download", "error", f"{name} needs {gib(needs)} and {gib(cached.free_bytes)} are free for caches",
            "free some, or name a larger disk with MODELSCOPE_CACHE or HF_HOME",
        )  # fmt: skip


def _root(hub: Hub, environment: Mapping[str, str]) -> Path:
    """The folder of a cache (huggingface_hub@1.33.0:constants.py; modelscope@1.40.2:hub/utils/utils.py:197-202)."""
    home = environment.get("XDG_CACHE_HOME") or "~/.cache"
    if hub == "ModelScope":
        return expanded(environment.get("MODELSCOPE_CACHE") or "~/.cache/modelscope")
    named = environment.get("HF_HUB_CACHE") or environment.get("HUGGINGFACE_HUB_CACHE")
    return expanded(named or f"{environment.get('HF_HOME') or home + '/huggingface'}/hub")


def _candidates(hub: Hub, root: Path, name: str) -> Iterator[Path]:
    """Folders that may hold the model, in the order that the libraries look.

    modelscope@1.40.2:hub/utils/utils.py:205-252; huggingface_hub@1.33.0:file_download.py.
    """
    owner, _, model = name.partition(":")[0].partition("/")
    if hub == "Hugging Face":
        yield from _snapshots(root / f"models--{owner}--{model}", "main")
        return
    safe = model.replace(".", "___")
    for folder in (root, root / "hub"):
        yield from _snapshots(folder / "models" / f"{owner}--{model}", "master")
        yield from (folder / "models" / owner / safe, folder / "models" / owner / model)
        yield from (folder / owner / safe, folder / owner / model)


def _snapshots(folder: Path, branch: str) -> Iterator[Path]:
    """The revision that a branch stands for, then the others."""
    reference = folder / "refs" / branch
    if is_file(reference):
        yield folder / "snapshots" / reference.read_text(encoding="utf-8", errors="replace").strip()
    yield folder / "snapshots" / branch
    yield from (folder / "snapshots" / name for name in folders_in(folder / "snapshots"))


def _faults(folder: Path | None, *, sees: bool) -> tuple[str, ...]:
    if folder is None:
        return ()
    from swiftcfg.checkpoint import faults_of  # noqa: PLC0415

    try:
        return tuple(fault.sentence for fault in faults_of(folder, sees=sees))
    except SwiftcfgError as error:
        return (error.sentence,)

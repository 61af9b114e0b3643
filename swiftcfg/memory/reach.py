"""What of a command's limits on pixels reaches vLLM's profile, and how to spell a limit so that it does."""

from collections.abc import Iterable, Mapping
from typing import Any

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.case import Case
from swiftcfg.memory.defaults import resolve_batch
from swiftcfg.memory.items import Candidate, candidates, image_keys, profile
from swiftcfg.memory.versions import behaviour_of
from swiftcfg.model import Model
from swiftcfg.runtime import Runtime
from swiftcfg.units import Tokens


def spelled_limit(model: Model, gpu: Gpu, runtime: Runtime, pixels: int) -> Mapping[str, Any]:
    """The mm_processor_kwargs that make this version draw images of at most ``pixels``; empty where none do."""
    if model.vision is None or model.limits is None or runtime.vllm is None:
        return {}
    behaviour = behaviour_of(Version(runtime.vllm.base_version), gpu.compute_capability)
    if "max_pixels" in image_keys(model.vision, behaviour):
        return {"max_pixels": pixels}
    return {"size": {"shortest_edge": min(pixels, model.limits.image_min), "longest_edge": pixels}}


def encoder_cache(model: Model, gpu: Gpu, runtime: Runtime, settings: EngineSettings) -> Tokens | None:
    """Tokens of the largest item that swift deploy's engine would take; None where there is no such limit known."""
    if model.vision is None or runtime.vllm is None:
        return None
    behaviour = behaviour_of(Version(runtime.vllm.base_version), gpu.compute_capability, settings.use_v1)
    batch = resolve_batch(model, gpu, behaviour, settings, "swift")
    return profile(model, batch, behaviour, settings).cache_tokens if batch else None


def drawn_items(model: Model, gpu: Gpu, runtime: Runtime, settings: EngineSettings) -> tuple[Candidate, ...]:
    """The largest image and the largest video that swift deploy's engine draws at its start, of those it lets in."""
    if model.vision is None or runtime.vllm is None:
        return ()
    behaviour = behaviour_of(Version(runtime.vllm.base_version), gpu.compute_capability, settings.use_v1)
    batch = resolve_batch(model, gpu, behaviour, settings, "swift")
    return candidates(model, batch, behaviour, settings) if batch else ()


def unread_limits(case: Case) -> Iterable[str]:
    """A sentence where a limit is written by a key that this version's profile does not read."""
    tower, kwargs = case.model.vision, case.settings.processor_kwargs
    if tower is None or not {"max_pixels", "size"} & kwargs.keys():
        return
    read = image_keys(tower, case.behaviour)
    if not set(read) & kwargs.keys():
        other = '"size": {"longest_edge": …}' if read == ("size",) else '"max_pixels": …'
        yield (
            f"mm_processor_kwargs do not reach the profile of vLLM {case.version} as they are written; {other} does "
            "(https://github.com/huggingface/transformers/issues/41955)."
        )

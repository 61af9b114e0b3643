"""How vLLM counts memory, by version: one row for each version in which something that we use changed.

Read: 0.7.3, 0.8.1, 0.8.5, 0.9.0.1, 0.9.1, 0.9.2, 0.10.0, 0.10.2, 0.11.0, 0.11.2, 0.12.0, 0.13.0, 0.14.0, 0.15.1,
0.16.0, 0.17.1, 0.18.0, 0.19.0, 0.20.0, 0.22.0, 0.23.0, 0.24.0, 0.26.0, 0.28.0, 0.30.0, 0.32.0. A version between two
of them behaves like the lower one here.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from packaging.version import Version

from swiftcfg.values import dataclass

#: Bytes per element of (sequences x vocabulary) at the sampler's peak: low, best, high.
#: PyTorch's sort keeps logits in bf16 and fp32, sorted values, int64 indices and the sort's own buffers
#: (vllm@0.10.2:vllm/v1/sample/ops/topk_topp_sampler.py:126-170). FlashInfer and the Triton kernel keep the two
#: copies of the logits, probabilities and noise (vllm@0.20.0:...:245-252). 39 is seen in start-up logs of Qwen
#: vocabularies at 256 sequences (1.40 GiB), 15-18 in logs with FlashInfer.
_SORT = (35, 39, 43)
_SORT_OR_FLASHINFER = (14, 39, 43)
_TRITON = (12, 16, 22)
#: The second model runner skips top-k and top-p in its dry run
#: (vllm@0.32.0:vllm/v1/worker/gpu/model_runner.py:972-983).
_SKIPPED = (4, 8, 22)


#: How mm_processor_kwargs may spell a limit on pixels: max_pixels, or longest_edge of size.
PixelKey = Literal["max_pixels", "size"]

#: With transformers 4 from_pretrained(max_pixels=…) sets an attribute and leaves size as it was
#: (https://github.com/huggingface/transformers/issues/41955), and vLLM's profile reads one or the other.
_ATTRIBUTE: tuple[PixelKey, ...] = ("max_pixels",)
_SIZE: tuple[PixelKey, ...] = ("size",)
_EITHER: tuple[PixelKey, ...] = ("max_pixels", "size")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one version of vLLM does. ``sources`` are the places in its source that say so.

    ``pixel_copies``: the model joins a stack of pictures by copying it (vllm@0.9.2:vllm/model_executor/models/
    qwen2_5_vl.py:878-892); V0's logs show one copy.

    ``pixel_keys_28``: which keys of mm_processor_kwargs limit the profile of Qwen2-VL and Qwen2.5-VL, the stronger one
    first; ``pixel_keys_32`` that of Qwen3-VL's images, ``video_keys_32`` that of its videos.
    """

    engine: Literal["V0", "V1"]
    since: Version
    default_utilization: float
    context_inside: bool
    nccl_inside: bool
    checks_start: bool
    graphs_inside: bool
    counts_consumed: bool
    multimodal_batch: int
    clips_batch: bool
    spares_a100: bool
    doubles_at_160: bool
    default_media_limit: int
    dummy_from_batch: bool
    image_before_video: bool
    rounds_items_up: bool
    video_frames: int
    exact_area: bool
    long_video: Literal["none", "scaled", "frames", "pair"]
    tie: Literal["image", "video"]
    expands_to: Literal["nothing", "budget", "item"]
    takes_sizes: bool
    pixel_bytes: int
    pixel_copies: int
    sampler: tuple[int, int, int]
    draws_overlong: bool
    pixel_keys_28: tuple[PixelKey, ...]
    pixel_keys_32: tuple[PixelKey, ...]
    video_keys_32: tuple[PixelKey, ...]
    sources: tuple[str, ...]


_V0 = Behaviour(
    engine="V0", since=Version("0.6.0"), default_utilization=0.9,
    context_inside=False, nccl_inside=True, checks_start=False, graphs_inside=False, counts_consumed=False,
    multimodal_batch=5120, clips_batch=False, spares_a100=False, doubles_at_160=False,
    default_media_limit=1, dummy_from_batch=False, image_before_video=True, rounds_items_up=False,
    video_frames=16, exact_area=False, long_video="none", tie="image", expands_to="nothing", takes_sizes=False,
    pixel_bytes=4, pixel_copies=1, sampler=_SORT, draws_overlong=False,
    pixel_keys_28=_ATTRIBUTE, pixel_keys_32=_SIZE, video_keys_32=_SIZE,
    sources=("vllm@0.8.5:vllm/worker/worker.py:190-265", "vllm@0.8.5:vllm/worker/model_runner.py:1255-1380"),
)  # fmt: skip

#: From 0.8 on a dummy request may be longer than the context (vllm@0.7.3:vllm/multimodal/profiling.py get_dummy_data
#: gives up its items; vllm@0.8.5:...profiling.py:165-190 keeps them).
_V0_LATE = replace(
    _V0,
    since=Version("0.8.0"),
    draws_overlong=True,
    sources=(*_V0.sources, "vllm@0.8.5:vllm/multimodal/profiling.py:165-190"),
)

_V1 = replace(
    _V0, engine="V1", since=Version("0.8.0"), context_inside=True, default_media_limit=999,
    dummy_from_batch=True, rounds_items_up=True, sampler=_SORT_OR_FLASHINFER, draws_overlong=True, pixel_copies=2,
    sources=(
        "vllm@0.8.5:vllm/v1/worker/gpu_worker.py:165-212",
        "vllm@0.8.5:vllm/v1/worker/gpu_model_runner.py:1584-1680",
        "vllm@0.8.5:vllm/config.py:2805-2808",
    ),
)  # fmt: skip

_CHANGES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("0.9.0", {"spares_a100": True, "clips_batch": True, "pixel_bytes": 2},
     "vllm@0.9.0.1:vllm/v1/worker/gpu_model_runner.py:1875-1885"),
    ("0.9.1", {"context_inside": False, "checks_start": True}, "vllm@0.9.1:vllm/v1/worker/gpu_worker.py:134-225"),
    ("0.10.0", {"rounds_items_up": False}, "vllm@0.10.0:vllm/v1/worker/gpu_model_runner.py:2361"),
    ("0.10.2", {"image_before_video": False, "pixel_copies": 1},
     "vllm@0.10.2:vllm/model_executor/models/qwen2_vl.py:955-966"),
    ("0.11.0", {"nccl_inside": False, "dummy_from_batch": False, "video_frames": 14, "long_video": "scaled",
                "expands_to": "budget"}, "vllm@0.11.0:vllm/v1/worker/gpu_model_runner.py:2872-2894,3374-3387"),
    ("0.11.1", {"multimodal_batch": 2048}, "vllm@0.11.2:vllm/config/scheduler.py:31-37"),
    ("0.12.0", {"expands_to": "item", "takes_sizes": True, "sampler": _SORT},
     "vllm@0.12.0:vllm/v1/worker/gpu_model_runner.py:3819-3844"),
    ("0.13.0", {"exact_area": True, "long_video": "frames", "expands_to": "nothing", "pixel_keys_32": _EITHER},
     "vllm@0.13.0:vllm/model_executor/models/qwen2_vl.py:923-958"),
    ("0.15.0", {"long_video": "pair"}, "vllm@0.15.1:vllm/model_executor/models/qwen3_vl.py get_max_video_tokens"),
    ("0.16.0", {"pixel_keys_28": _SIZE, "pixel_keys_32": _SIZE},
     "vllm@0.16.0:vllm/model_executor/models/qwen2_vl.py:852,922-926"),
    ("0.17.0", {"tie": "video", "sampler": _TRITON, "pixel_keys_28": _EITHER, "pixel_keys_32": _EITHER,
                "video_keys_32": _EITHER},
     "vllm@0.17.1:vllm/multimodal/encoder_budget.py:184, model_executor/models/qwen2_vl.py:940-948"),
    ("0.20.0", {"default_utilization": 0.92, "graphs_inside": True},
     "vllm@0.20.0:vllm/config/cache.py:66, envs.py:1725"),
    ("0.28.0", {"counts_consumed": True, "doubles_at_160": True, "sampler": _SKIPPED},
     "vllm@0.28.0:vllm/v1/worker/gpu_worker.py:789-804, engine/arg_utils.py:2582"),
)  # fmt: skip

#: Newest version whose source was read.
NEWEST_READ = Version("0.32.0")
OLDEST_READ = Version("0.7.3")


def _rows() -> tuple[Behaviour, ...]:
    rows = [_V1]
    for since, changes, source in _CHANGES:
        rows.append(replace(rows[-1], since=Version(since), **changes, sources=(*rows[-1].sources[-2:], source)))
    return tuple(rows)


BEHAVIOURS = _rows()

#: V1 became the default in 0.8.0 and the only engine in 0.11.0; below compute capability 8.0 it fell back to V0
#: (vllm@0.8.5:vllm/engine/arg_utils.py:1346-1356, same in 0.9.2; gone in 0.10.2). VLLM_USE_V1 chooses.
_FIRST_V1, _LAST_CAPABILITY_CHECK, _ONLY_V1 = Version("0.8.0"), Version("0.10.0"), Version("0.11.0")


@lru_cache(maxsize=256)
def behaviour_of(version: Version, capability: tuple[int, int] | None, use_v1: bool | None = None) -> Behaviour:  # noqa: FBT001
    """The row for a version on a card; development builds count as the release they lead to."""
    release = Version(version.base_version)
    if _is_v0(release, capability, use_v1):
        return _V0_LATE if release >= _V0_LATE.since else _V0
    return next(row for row in reversed(BEHAVIOURS) if row.since <= release)


def _is_v0(release: Version, capability: tuple[int, int] | None, use_v1: bool | None) -> bool:  # noqa: FBT001
    if release < _FIRST_V1 or release >= _ONLY_V1:
        return release < _FIRST_V1
    if use_v1 is not None:
        return not use_v1
    return capability is not None and capability < (8, 0) and release < _LAST_CAPABILITY_CHECK


def version_notes(version: Version) -> tuple[str, ...]:
    """A sentence where the version lies outside those whose source was read."""
    release = Version(version.base_version)
    if release > NEWEST_READ:
        return (f"vLLM {version} is newer than the newest version read ({NEWEST_READ}); it is taken to count alike.",)
    if release < OLDEST_READ:
        return (f"vLLM {version} is older than the oldest version read ({OLDEST_READ}); it is taken to count alike.",)
    return ()

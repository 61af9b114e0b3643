"""Which image or video vLLM draws to learn what its vision tower takes. MAX_PIXELS has no part in it."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.memory.defaults import Batch
from swiftcfg.memory.plan import Modality, ProfiledItem
from swiftcfg.memory.versions import Behaviour, PixelKey
from swiftcfg.model import Model, ProcessorLimits, VisionTower
from swiftcfg.units import Tokens
from swiftcfg.values import dataclass

#: Widest picture that the processor accepts, as width over height (vllm@0.13.0:...qwen2_vl.py:956).
_WIDEST = 200

#: No picture has more pixels, for the sides of a JPEG end at 65,535; the search for the largest one ends sooner so.
_LARGEST = 65_535**2

#: Qwen3-VL counted a video token as 12.5 prompt tokens (vllm@0.11.0:...qwen3_vl.py, gone in 0.13.0).
_SCALE = 12.5

#: vllm@0.11.0:vllm/model_executor/models/qwen3_vl.py:91.
_LONGEST_VIDEO = 24576


@dataclass(frozen=True, slots=True)
class Candidate:
    """The largest item of one kind: how the engine counts it, and what it draws for it."""

    modality: Modality
    tokens: int
    width: int
    height: int
    frames: int | None
    dummy_tokens: int
    why: str


@dataclass(frozen=True, slots=True)
class Encoder:
    """What the vision tower is profiled with, and how many tokens of outputs its cache may hold.

    ``prompt_tokens`` are those of all dummy requests that V0 prefills together with their items.
    """

    item: ProfiledItem | None
    cache_tokens: Tokens
    candidates: tuple[Candidate, ...]
    prompt_tokens: int = 0
    requests: int = 1


@lru_cache(maxsize=1024)
def largest_picture(max_pixels: int, factor: int, *, exact: bool) -> tuple[int, int]:
    """Width and height of the picture with the most tokens that the engine finds within ``max_pixels``."""
    if not exact:
        side = max(factor, math.floor(math.sqrt(max_pixels) / factor + 1e-9) * factor)
        return side, side
    for area in range(max(1, max_pixels // factor**2), 0, -1):
        height = next(side for side in range(math.isqrt(area), 0, -1) if area % side == 0)
        if area // height <= _WIDEST * height:
            return area // height * factor, height * factor
    return factor, factor


def _override(kwargs: Mapping[str, Any], scope: str, keys: tuple[PixelKey, ...]) -> int | None:
    """The pixel limit that engine-level mm_processor_kwargs set for images or videos, by a key that is read."""
    scoped = kwargs.get(scope)
    for source in (scoped, kwargs) if isinstance(scoped, Mapping) else (kwargs,):
        size = source.get("size")
        written = {
            "max_pixels": source.get("max_pixels"),
            "size": size.get("longest_edge") if isinstance(size, Mapping) else None,
        }
        for value in (written[key] for key in keys):
            if isinstance(value, int) and value > 0:
                return min(value, _LARGEST)
    return None


def image_keys(tower: VisionTower, behaviour: Behaviour) -> tuple[PixelKey, ...]:
    """The keys of mm_processor_kwargs that limit the largest image of the profile, the stronger one first."""
    return behaviour.pixel_keys_32 if tower.kind == "qwen3_vl" else behaviour.pixel_keys_28


def _limit(settings: EngineSettings, behaviour: Behaviour, modality: Modality) -> MediaLimit:
    return settings.media_limits.get(modality) or MediaLimit(behaviour.default_media_limit)


def _shrunk(size: tuple[int, int], limit: MediaLimit, factor: int) -> tuple[int, int]:
    """The picture under limit_mm_per_prompt's width and height, which can only make it smaller."""
    sides = (
        min(side, max(factor, round(given / factor) * factor)) if given else side
        for side, given in zip(size, (limit.width, limit.height), strict=True)
    )
    width, height = sides
    return width, height


def candidates(model: Model, batch: Batch, behaviour: Behaviour, settings: EngineSettings) -> tuple[Candidate, ...]:
    """The largest item of each kind that the command lets in, images first."""
    tower, limits = model.vision, model.limits
    if tower is None or limits is None:
        return ()
    found = []
    image_limit, video_limit = (_limit(settings, behaviour, kind) for kind in ("image", "video"))
    if image_limit.count:
        found.append(_image(tower, limits, behaviour, settings, image_limit))
    if video_limit.count:
        make = _long_video if tower.kind == "qwen3_vl" else _frames_video
        found.append(make(tower, limits, batch, behaviour, settings, with_images=image_limit.count > 0))
    return tuple(found)


def _image(
    tower: VisionTower, limits: ProcessorLimits, behaviour: Behaviour, settings: EngineSettings, limit: MediaLimit
) -> Candidate:
    given = _override(settings.processor_kwargs, "images_kwargs", image_keys(tower, behaviour))
    size = largest_picture(given or limits.image_max, tower.factor, exact=behaviour.exact_area)
    shown = _shrunk(size, limit, tower.factor) if behaviour.takes_sizes else size
    why = (
        "mm_processor_kwargs set the largest image"
        if given
        else "the checkpoint's own max_pixels sets the largest image"
    )
    if shown != size:
        why += ", limit_mm_per_prompt shrinks the one that is drawn"
    return Candidate("image", _area(size, tower), *shown, None, _area(shown, tower), why)


def _area(size: tuple[int, int], tower: VisionTower) -> int:
    return (size[0] // tower.factor) * (size[1] // tower.factor)


def _frames_video(
    tower: VisionTower,
    limits: ProcessorLimits,
    batch: Batch,
    behaviour: Behaviour,
    settings: EngineSettings,
    *,
    with_images: bool,
) -> Candidate:
    """Qwen2-VL and Qwen2.5-VL: frames as large as the largest image, as many as the context holds, up to a cap."""
    given = _override(settings.processor_kwargs, "images_kwargs", image_keys(tower, behaviour))
    size = largest_picture(given or limits.image_max, tower.factor, exact=behaviour.exact_area)
    image, step = _area(size, tower), tower.temporal_patch_size
    room = batch.max_model_len - (image if behaviour.image_before_video and with_images else 0)
    counted = _frames(room, image, step, behaviour.video_frames)
    drawn = _frames(batch.tokens, image, step, behaviour.video_frames) if behaviour.dummy_from_batch else counted
    limit = _limit(settings, behaviour, "video")
    shown = _shrunk(size, limit, tower.factor) if behaviour.takes_sizes else size
    if behaviour.takes_sizes and limit.frames:
        drawn = min(drawn, limit.frames)
    why = (
        f"frames of the largest image size, as many as fit max_model_len {batch.max_model_len}, "
        f"at most {behaviour.video_frames}"
    )
    if drawn != counted:
        why += f"; {counted} frames are counted, {drawn} are drawn"
    return Candidate("video", -(-counted // step) * image, *shown, drawn, -(-drawn // step) * _area(shown, tower), why)


def _frames(room: int, image_tokens: int, step: int, most: int) -> int:
    return max(1, min(room // image_tokens * step, most))


def _long_video(
    tower: VisionTower,
    limits: ProcessorLimits,
    batch: Batch,
    behaviour: Behaviour,
    settings: EngineSettings,
    *,
    with_images: bool,  # noqa: ARG001  (both kinds of video are asked for in the same way)
) -> Candidate:
    """Qwen3-VL: the video's pixels are limited over all its frames together, so the tokens are, too."""
    given = _override(settings.processor_kwargs, "videos_kwargs", behaviour.video_keys_32)
    pixels = given or limits.video_max or limits.image_max
    step, factor = tower.temporal_patch_size, tower.factor
    whole = max(1, pixels // (step * factor**2))
    if behaviour.long_video == "pair":
        size = largest_picture(pixels // step, factor, exact=True)
        frames, tokens = step, _area(size, tower)
    elif batch.max_model_len >= whole:
        size, frames, tokens = (factor, factor), min(_LONGEST_VIDEO, whole * step), whole
    else:
        size = largest_picture(pixels // step, factor, exact=False)
        frames, tokens = step, _area(size, tower)
    counted = int(tokens * _SCALE) if behaviour.long_video == "scaled" else tokens
    shown = _shrunk(size, _limit(settings, behaviour, "video"), factor) if behaviour.takes_sizes else size
    dummy = tokens if shown == size else frames // step * _area(shown, tower)
    why = "the video processor's longest_edge limits all frames together"
    if counted != tokens:
        why += f"; this version counts {_SCALE} prompt tokens for one of video"
    return Candidate("video", counted, *shown, frames, dummy, why)


def profile(model: Model, batch: Batch, behaviour: Behaviour, settings: EngineSettings) -> Encoder:
    """Choose what is profiled: the one kind with the most tokens per item, in as many copies as fit the budget.

    V0 runs as many dummy requests as its batch holds, at least one, each with all items that it may carry
    (vllm@0.8.5:vllm/worker/model_runner.py:1312-1325).
    """
    found = candidates(model, batch, behaviour, settings)
    if not found or model.vision is None:
        return Encoder(None, Tokens(0), found)
    most = max(candidate.tokens for candidate in found)
    largest = [candidate for candidate in found if candidate.tokens == most]
    chosen = largest[-1 if behaviour.tie == "video" else 0]
    budget = Tokens(max(batch.tokens, most))
    requests = per_request = 0
    if behaviour.engine == "V0":
        per_request = sum(item.tokens * _limit(settings, behaviour, item.modality).count for item in found)
        requests = max(1, min(batch.max_num_seqs, batch.tokens // per_request))
        items = requests * _limit(settings, behaviour, chosen.modality).count
    else:
        items = _v1_items(chosen, budget, batch, behaviour, settings)
    if settings.skip_mm_profiling or (per_request > batch.tokens and not behaviour.draws_overlong):
        return Encoder(None, budget, found)
    patches = items * chosen.dummy_tokens * model.vision.merge_size**2
    item = ProfiledItem(
        chosen.modality, items, Tokens(chosen.tokens), Tokens(chosen.dummy_tokens), patches,
        chosen.width, chosen.height, chosen.frames, chosen.why,
    )  # fmt: skip
    return Encoder(item, budget, found, requests * per_request, max(1, requests))


def _v1_items(chosen: Candidate, budget: int, batch: Batch, behaviour: Behaviour, settings: EngineSettings) -> int:
    """vllm@0.32.0:vllm/multimodal/encoder_budget.py _get_max_items; cdiv before 0.10."""
    count = _limit(settings, behaviour, chosen.modality).count
    if behaviour.rounds_items_up:
        return max(1, min(-(-budget // chosen.tokens), batch.max_num_seqs * count))
    per_prompt = max(1, min(count, batch.max_model_len // chosen.tokens))
    return max(1, min(budget // chosen.tokens, batch.max_num_seqs * per_prompt))

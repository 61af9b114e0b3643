"""Which frames of a video are used: smart_nframes, and the time stamps that Qwen3-VL reads beside them."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from swiftcfg.errors import InputError
from swiftcfg.media import Clip
from swiftcfg.tokens.library import Library
from swiftcfg.tokens.resize import ceil_by, floor_by, round_by
from swiftcfg.tokens.variables import Constants
from swiftcfg.units import Range

#: Frames whose times are averaged into one stamp (transformers: temporal_patch_size; vLLM 0.11: merge_size).
STAMPED_TOGETHER = 2
#: torch.linspace computes in float32 (24 bits), differently on different processors; a frame this close to the
#: middle between two, relative to its place, may become either.
LINSPACE_PRECISION = 2**21


def count_frames(clip: Clip, limits: Constants, library: Library, request: Mapping[str, float]) -> int:
    """smart_nframes: the frames that are taken from a video; raises InputError where the library refuses it."""
    total, factor = clip.total_frames, limits.frame_factor
    if "fps" in request and "nframes" in request:
        raise InputError("a request cannot give both fps and nframes", "leave one of them out")
    if "nframes" in request:
        count = round_by(request["nframes"], factor)
    else:
        least = ceil_by(request.get("min_frames", limits.fps_min_frames), factor)
        most = floor_by(request.get("max_frames", min(limits.fps_max_frames, total)), factor)
        wanted = min(max(total / clip.fps * request.get("fps", limits.fps), least), most)
        if wanted != wanted:  # noqa: PLR0124  (FPS=nan starts, then fails every video)
            raise InputError("FPS=nan fails every video", "write a number, such as 2 or 0.5")
        count = floor_by(min(wanted, total), factor) if library.floors_frames else round_by(wanted, factor)
    if not max(1, factor) <= count <= total:
        raise InputError(
            f"{clip} cannot be served: {count} frames would be taken of {total}, and at least {max(1, factor)} must be",
            "send a longer video, or set FPS_MAX_FRAMES to 2 or more",
        )
    return count


#: One check asks for the same few videos over and over, and one may have a hundred thousand frames.
_VIDEOS = 8


@lru_cache(_VIDEOS)
def frame_indices(total: int, count: int) -> tuple[tuple[int, int], ...]:
    """Indices of ``count`` frames spread over ``total``, each as (lowest, highest) it can be."""
    steps = max(count - 1, 1) * LINSPACE_PRECISION
    places = (index * (total - 1) for index in range(count))
    return tuple(
        (_nearest(place * (LINSPACE_PRECISION - 1), steps), _nearest(place * (LINSPACE_PRECISION + 1), steps))
        for place in places
    )


def _nearest(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def stamps(indices: Sequence[tuple[int, int]], fps: float) -> tuple[tuple[str, str], ...]:
    """The time stamps Qwen3-VL's processor writes, each as (earliest, latest) it can be.

    transformers@5.19.0:src/transformers/models/qwen3_vl/processing_qwen3_vl.py, _calculate_timestamps; the
    same in vllm@0.11.0 to 0.32.0:vllm/model_executor/models/qwen3_vl.py.
    """
    return _stamps(tuple(indices), fps)


@lru_cache(_VIDEOS)
def _stamps(indices: tuple[tuple[int, int], ...], fps: float) -> tuple[tuple[str, str], ...]:
    padded = [*indices, *indices[-1:] * (-len(indices) % STAMPED_TOGETHER)]
    pairs = zip(padded[::STAMPED_TOGETHER], padded[STAMPED_TOGETHER - 1 :: STAMPED_TOGETHER], strict=True)
    return tuple(
        (f"<{(a[0] / fps + b[0] / fps) / 2:.1f} seconds>", f"<{(a[1] / fps + b[1] / fps) / 2:.1f} seconds>")
        for a, b in pairs
    )


def stamp_tokens(written: Sequence[tuple[str, str]], *, qwen_tokenizer: bool) -> Range:
    """Tokens of all stamps. Qwen's tokenizer makes one of each digit, of '<', '.', ' seconds' and '>'.

    With another tokenizer the best guess is the same, the least joins the digits, the most is one per byte.
    """
    return _stamp_tokens(tuple(written), qwen_tokenizer)


@lru_cache(_VIDEOS)
def _stamp_tokens(written: tuple[tuple[str, str], ...], qwen_tokenizer: bool) -> Range:  # noqa: FBT001
    low, high = (sum(len(stamp) - len(" seconds") + 1 for stamp in side) for side in zip(*written, strict=True))
    if qwen_tokenizer:
        return Range(low, low, high)
    shortest = len(("<", "1", ".", "1", " seconds", ">"))
    return Range(min(low, shortest * len(written)), low, sum(len(latest) for _, latest in written))

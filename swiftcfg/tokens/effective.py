"""effective_limits: the limits of one server, from its versions, variables, flag and model."""

from collections.abc import Mapping

from swiftcfg.errors import InputError
from swiftcfg.model import ProcessorLimits, TowerKind, VisionTower
from swiftcfg.runtime import Runtime
from swiftcfg.tokens import library as rows
from swiftcfg.tokens import notes, prompt, releases, variables
from swiftcfg.tokens.limits import Limits
from swiftcfg.tokens.notes import Note
from swiftcfg.tokens.variables import Situation
from swiftcfg.units import Pixels

#: What the published checkpoints' preprocessor_config.json (and video_preprocessor_config.json) say, for
#: the second resize where the checkpoint's own are not at hand (Qwen2.5-VL-7B-Instruct, Qwen3-VL-8B-Instruct).
_HUB_28 = ProcessorLimits(Pixels(3136), Pixels(12845056))
PUBLISHED_LIMITS: Mapping[TowerKind, ProcessorLimits] = {
    "qwen2_vl": _HUB_28,
    "qwen2_5_vl": _HUB_28,
    "qwen3_vl": ProcessorLimits(Pixels(65536), Pixels(16777216), Pixels(4096), Pixels(25165824)),
}
#: Keys of a request's chat_template_kwargs that decide sizes (qwen-vl-utils: fetch_image, smart_nframes, fetch_video).
REQUEST_KEYS = (
    "min_pixels", "max_pixels", "total_pixels", "resized_height", "resized_width",
    "fps", "nframes", "min_frames", "max_frames",
)  # fmt: skip
#: Model types whose tokenizer splits time stamps as counted: that of Qwen2 to Qwen3.
QWEN_TOKENIZER_TYPES = (
    None, "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "qwen3_moe_vl", "qwen3_vl_emb", "qwen3_vl_reranker",
)  # fmt: skip


def effective_limits(
    vision: VisionTower,
    runtime: Runtime,
    given: Mapping[str, str],
    *,
    model_type: str | None = None,
    max_pixels_flag: int | None = None,
    processor: ProcessorLimits | None = None,
    backend: str = "vllm",
    request: Mapping[str, float] | None = None,
) -> Limits:
    """The limits that images and videos meet.

    ``given`` are environment variables, others than those of this field included; ``max_pixels_flag`` is
    ``--max_pixels``; ``processor`` the checkpoint's own limits; ``request`` the chat_template_kwargs of one
    request. Raises InputError where ms-swift would not start.
    """
    swift = runtime.ms_swift
    utils = releases.check_pair(vision.kind, swift, runtime.qwen_vl_utils)
    library = rows.library_of(utils)
    situation = Situation(vision, swift, utils, library, model_type)
    constants, environment = variables.read(given, situation)
    asked, request_notes = _request(request or {}, runtime)
    second, second_notes = _second_resize(vision.kind, runtime, backend, processor)
    no_fps = None if library.returns_fps or swift < releases.ASKS_FOR_FPS else _no_fps(runtime)
    if constants.frame_factor == 0:
        no_fps = "FRAME_FACTOR=0 divides by zero"
    return Limits(
        tower=vision,
        library=library,
        constants=constants,
        flag_pixels=max_pixels_flag,
        second=second,
        request=asked,
        outer_markers=prompt.outer_markers(backend, runtime.vllm, runtime.transformers),
        frame_list_fps=constants.fps if swift >= releases.FRAME_LIST_FPS else 2.0,
        qwen_tokenizer=model_type in QWEN_TOKENIZER_TYPES,
        no_video=no_fps,
        no_frame_list=no_fps if swift >= releases.FRAME_LISTS else f"ms-swift {swift} does not take lists of frames",
        notes=(
            *notes.explain(given, environment, constants, situation),
            *request_notes,
            *second_notes,
            *_unread_versions(runtime),
        ),
    )


def _no_fps(runtime: Runtime) -> str:
    return (
        f"ms-swift {runtime.ms_swift} asks qwen-vl-utils for the sampled frames a second, "
        f"and {runtime.qwen_vl_utils} does not know that (0.0.9 does)"
    )


def _request(request: Mapping[str, float], runtime: Runtime) -> tuple[Mapping[str, float], tuple[Note, ...]]:
    unknown = sorted(set(request) - set(REQUEST_KEYS))
    if unknown:
        raise InputError(f"{unknown[0]!r} of a request is not modelled", f"these are: {', '.join(REQUEST_KEYS)}")
    if runtime.ms_swift >= releases.REQUEST_LIMITS:
        return request, ()
    reason = f"ms-swift reads it from a request since {releases.REQUEST_LIMITS}"
    return {}, tuple(Note(name, str(value), None, reason) for name, value in request.items())


def _second_resize(
    kind: TowerKind, runtime: Runtime, backend: str, processor: ProcessorLimits | None
) -> tuple[ProcessorLimits | None, tuple[Note, ...]]:
    """The limits of the processor that resizes again, where one does."""
    since = {"vllm": releases.VLLM_NO_RESIZE, "transformers": releases.TRANSFORMERS_NO_RESIZE}.get(backend)
    if since is None:
        reason = f"whether {backend} resizes again has not been examined; counted as if it did not"
        return None, (Note("backend", None, None, reason),)
    if runtime.ms_swift >= since:
        return None, ()
    limits = processor or PUBLISHED_LIMITS[kind]
    whose = "the checkpoint's limits" if processor else "the published checkpoints' limits, this one's being unknown"
    reason = f"before ms-swift {since} the processor resizes a second time, within {whose}"
    return limits, (Note("do_resize", None, None, reason),)


def _unread_versions(runtime: Runtime) -> tuple[Note, ...]:
    newest = {"ms-swift": releases.NEWEST_READ, "qwen-vl-utils": rows.NEWEST_READ}
    reason = "{} {} is newer than {}, the newest release that was read; counted as if it were the same"
    return tuple(
        Note(package, None, None, reason.format(package, version, known))
        for package, known in newest.items()
        if (version := runtime.version_of(package)) is not None and version > known
    )

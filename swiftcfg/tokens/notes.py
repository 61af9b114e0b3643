"""Notes: each variable that is ignored, replaced or raised, with the number that holds instead."""

from collections.abc import Iterator, Mapping

from swiftcfg.tokens import library as rows
from swiftcfg.tokens import releases
from swiftcfg.tokens.variables import CONVERSIONS, FORGOTTEN, KNOWN, Constants, Situation, is_read
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """``given`` is what was written (None: nothing); ``effective`` what holds instead (None: it has no effect).

    Where both are None the note is on the server itself.
    """

    name: str
    given: str | None
    effective: float | None
    reason: str


def explain(
    given: Mapping[str, str], environment: Mapping[str, str], limits: Constants, situation: Situation
) -> tuple[Note, ...]:
    """All notes on ``given``, the variables as written; ``environment`` is what ms-swift made of them."""
    named = {name: given[name] for name in KNOWN if name in given}
    return (
        *_without_effect(named, situation),
        *_converted(named, environment, situation),
        *_set_by_swift(named, environment, situation),
        *_total(named, limits, situation),
        *_floor(named, limits),
        *_crossed(named, limits, situation),
    )


def _without_effect(given: Mapping[str, str], situation: Situation) -> Iterator[Note]:
    for name, text in given.items():
        reason = _why_unread(name, situation)
        if reason:
            yield Note(name, text, None, reason)


def _why_unread(name: str, situation: Situation) -> str | None:
    utils, tokens = f"qwen-vl-utils {situation.utils}", situation.library.in_tokens
    passed_on = is_read(name, situation) or (name in CONVERSIONS and situation.converts)
    passed_on = passed_on or (name == "MODEL_SEQ_LEN" and tokens)
    reasons = (
        (name in FORGOTTEN, f"ms-swift {situation.swift} does not read it"),
        (name == "IMAGE_FACTOR" and not tokens, f"{utils} binds it before ms-swift can set it"),
        (passed_on, None),
        (name == "MODEL_SEQ_LEN", f"{utils} does not read it, only 0.0.13 and newer"),
        (name == "VIDEO_TOTAL_PIXELS", f"{utils} takes the total from MODEL_SEQ_LEN instead"),
        (name in rows.IN_TOKENS and not tokens, f"{utils} counts in pixels and has no such constant"),
        (name == "IMAGE_FACTOR", f"{utils} has no such constant"),
    )
    otherwise = f"ms-swift {situation.swift} does not pass it on to {utils}; that begins with {_begins(name)}"
    return next((reason for holds, reason in reasons if holds), otherwise)


def _begins(name: str) -> object:
    return releases.CONVERTS if name in CONVERSIONS else releases.READS_TOKEN_VARIABLES


def _converted(given: Mapping[str, str], environment: Mapping[str, str], situation: Situation) -> Iterator[Note]:
    """Variables in pixels that became whole tokens, or lost against the variable in tokens."""
    if not situation.converts:
        return
    side = situation.patch * int(environment.get("SPATIAL_MERGE_SIZE", "2"))
    for pixels, tokens in CONVERSIONS.items():
        if pixels not in given:
            continue
        effective = int(environment.get(tokens) or rows.IN_TOKENS[tokens]) * side**2
        default = releases.LOADER_DEFAULTS.get(situation.model_type or "", {}).get(tokens)
        if not given[pixels]:
            yield Note(pixels, "", None, "an empty value counts as not set")
        elif given.get(tokens) or (default and tokens not in given):
            yield Note(pixels, given[pixels], None, f"{tokens}={environment[tokens]} is set and wins")
        elif effective != int(given[pixels]):
            yield Note(pixels, given[pixels], effective, f"counted in whole tokens of {side}x{side} pixels")


def _set_by_swift(given: Mapping[str, str], environment: Mapping[str, str], situation: Situation) -> Iterator[Note]:
    for name, text in releases.LOADER_DEFAULTS.get(situation.model_type or "", {}).items():
        if name not in given:
            yield Note(name, None, float(environment[name]), f"ms-swift sets {text} for {situation.model_type}")


def _total(given: Mapping[str, str], limits: Constants, situation: Situation) -> Iterator[Note]:
    """VIDEO_TOTAL_PIXELS where VIDEO_MAX_PIXELS decides it, by mistake or by its repair."""
    library = situation.library
    if library.in_tokens or not given.get("VIDEO_MAX_PIXELS") or given.get("VIDEO_TOTAL_PIXELS"):
        return
    if situation.swift >= releases.SETS_TOTAL:
        if limits.video_total != library.total_pixels:
            reason = f"ms-swift {situation.swift} sets it because VIDEO_MAX_PIXELS is set"
            yield Note("VIDEO_TOTAL_PIXELS", None, limits.video_total, reason)
    elif library.total_from_frame_limit:
        reason = (
            f"qwen-vl-utils {situation.utils} takes VIDEO_MAX_PIXELS for the total of all frames, so that every "
            "frame falls to the lower limit; set VIDEO_TOTAL_PIXELS too"
        )
        yield Note("VIDEO_TOTAL_PIXELS", None, limits.video_total, reason)


def _floor(given: Mapping[str, str], limits: Constants) -> Iterator[Note]:
    if limits.video_max >= limits.video_floor:
        return
    for name in ("VIDEO_MAX_TOKEN_NUM", "VIDEO_MAX_PIXELS", "VIDEO_MIN_TOKEN_NUM", "VIDEO_MIN_PIXELS"):
        if given.get(name):
            reason = "a frame never gets less than 1.05 times the lower limit; lower VIDEO_MIN_PIXELS too"
            yield Note(name, given[name], limits.video_floor, reason)
            return


def _crossed(given: Mapping[str, str], limits: Constants, situation: Situation) -> Iterator[Note]:
    """Limits that cross: qwen-vl-utils from 0.0.13 refuses each image, older releases resize without sense."""
    if limits.image_max >= limits.image_min:
        return
    outcome = "is refused" if situation.library.in_tokens else "is resized to less than the lower limit"
    for name in ("MAX_PIXELS", "IMAGE_MAX_TOKEN_NUM", "MIN_PIXELS", "IMAGE_MIN_TOKEN_NUM"):
        if given.get(name):
            reason = (
                f"the upper limit {limits.image_max} is below the lower one {limits.image_min}: every image {outcome}"
            )
            yield Note(name, given[name], limits.image_max, reason)
            return

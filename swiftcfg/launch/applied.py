"""Applied: the settings that the server says it took, against those that were planned."""

from collections.abc import Iterator, Mapping

from swiftcfg.serverlog import Applied
from swiftcfg.units import whole
from swiftcfg.values import dataclass

#: Limits in pixels -> the name under which ms-swift 4 takes them, in tokens: whole ones, and the rest is lost.
_IN_TOKENS = {
    "MAX_PIXELS": "image_max_token_num",
    "MIN_PIXELS": "image_min_token_num",
    "VIDEO_MAX_PIXELS": "video_max_token_num",
    "VIDEO_MIN_PIXELS": "video_min_token_num",
}


@dataclass(frozen=True, slots=True)
class SettingCheck:
    """One planned variable: the name and value that the server printed for it, and whether that is the plan."""

    name: str
    planned: str
    printed_name: str
    printed: str
    ok: bool


def settings_checks(planned: Mapping[str, str], applied: Mapping[str, Applied], factor: int) -> Iterator[SettingCheck]:
    """Every planned variable that the server printed; ``factor`` is the side of one visual token in pixels."""
    for name, value in planned.items():
        pixels, in_tokens = whole(value), _IN_TOKENS.get(name, "")
        if name.lower() in applied:
            yield _check(name, value, applied[name.lower()], value)
        elif pixels is not None and in_tokens in applied and in_tokens.upper() not in planned:
            yield _check(name, value, applied[in_tokens], str(pixels // factor**2))


def _check(name: str, planned: str, printed: Applied, wanted: str) -> SettingCheck:
    return SettingCheck(name, planned, printed.name, printed.value, _same(printed.value, wanted))


def _same(printed: str, wanted: str) -> bool:
    """Equal as numbers, where both are: 2 is printed as 2.0."""
    try:
        return float(printed) == float(wanted)
    except ValueError:
        return printed == wanted

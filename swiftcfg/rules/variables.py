"""The variables that reach swift: from the shell, from a file's ENV, and from --model_kwargs, which wins."""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rules.json_flags import readings
from swiftcfg.rules.written import remembered
from swiftcfg.script import Place, Script
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable with a known value; ``by_flag`` where --model_kwargs sets it."""

    name: str
    text: str
    place: Place
    by_flag: bool = False


def settings_of(script: Script, catalog: FlagCatalog) -> Iterator[Setting]:
    """All variables with known values, those of --model_kwargs last, under the names that ms-swift gives them."""
    for use in script.variables:
        if isinstance(use.word, str):
            yield Setting(use.name, use.word, use.place)
    for one, reading in readings(script, catalog):
        if one.name == "model_kwargs" and isinstance(reading.value, dict):
            for key, value in reading.value.items():
                yield Setting(key.upper(), str(value), one.use.place, by_flag=True)


@remembered
def in_force(script: Script, catalog: FlagCatalog) -> dict[str, Setting]:
    """The setting that counts of each variable."""
    return {one.name: one for one in settings_of(script, catalog)}


#: More tokens than any image becomes: whoever writes so many means pixels.
_TOKENS_TOO_MANY = 50_000
#: Fewer pixels than any image is cut to on purpose: 16,384 is what qwen-vl-utils allows in tokens.
_PIXELS_TOO_FEW = 16_384
#: One token of the smaller kind.
_ONE_TOKEN = 28 * 28


def counts_the_other(one: Setting) -> bool:
    """Whether a limit in tokens holds pixels, or one in pixels holds tokens, by its size."""
    if not one.text.strip().isdecimal():
        return False
    number = int(one.text)
    if one.name.endswith("_TOKEN_NUM"):
        return number >= _TOKENS_TOO_MANY
    limit = {"MAX_PIXELS": _PIXELS_TOO_FEW + 1, "MIN_PIXELS": _ONE_TOKEN}.get(one.name, 0)
    return 1 < number < limit

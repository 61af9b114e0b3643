"""The cap on images of one call: who sets it, how another one is written, and what it makes of a size."""

from swiftcfg.errors import InputError
from swiftcfg.flags import FlagCatalog
from swiftcfg.media import Size
from swiftcfg.rule import SetVariable
from swiftcfg.rules.variables import Setting, in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits, SizedImage, never_shrink_pixels
from swiftcfg.tokens.releases import CONVERTS
from swiftcfg.units import Pixels, whole
from swiftcfg.values import dataclass

PIXELS, TOKENS = "MAX_PIXELS", "IMAGE_MAX_TOKEN_NUM"


@dataclass(frozen=True, slots=True)
class Cap:
    """What holds for images. ``setting`` is None where nothing of the call sets it."""

    limits: Limits
    setting: Setting | None
    release_converts: bool

    @property
    def area(self) -> int:
        """Pixels of one token."""
        return self.limits.constants.factor**2

    @property
    def shown(self) -> str:
        """``MAX_PIXELS=1003520 (1280 tokens)``."""
        tokens = f"{self.limits.image_max_tokens} tokens"
        return f"{self.setting.name}={self.setting.text} ({tokens})" if self.setting else f"the cap of {tokens}"

    @property
    def name(self) -> str:
        """The variable that sets it, or would."""
        if self.setting:
            return self.setting.name
        return PIXELS if self.release_converts or not self.limits.library.in_tokens else TOKENS

    def written(self, tokens: int) -> str:
        """How the variable spells a cap of so many tokens."""
        return str(tokens if self.name == TOKENS else tokens * self.area)

    def change(self, tokens: int) -> tuple[SetVariable, ...]:
        """What sets it to so many tokens; nothing where a flag sets it."""
        if self.setting and self.setting.by_flag:
            return ()
        return (SetVariable(self.name, self.written(tokens)),)

    def whole(self, size: Size) -> int:
        """Tokens of the smallest cap that leaves a size as it is."""
        return never_shrink_pixels(size, self.limits.tower.factor) // self.area

    def sized(self, size: Size) -> SizedImage | None:
        """What becomes of a size; None where it is refused."""
        return sized(self.limits, size)

    def shrinks(self, image: SizedImage) -> bool:
        """Rounding to whole tokens is not shrinking."""
        factor = self.limits.tower.factor
        return image.tokens * factor**2 < never_shrink_pixels(image.original, factor)


def cap_of(script: Script, catalog: FlagCatalog, limits: Limits) -> Cap:
    """The cap, with the variable that it comes from."""
    given = in_force(script, catalog)
    names = (TOKENS, PIXELS) if limits.library.in_tokens else (PIXELS,)
    found = (given[name] for name in names if name in given and _holds(given[name], limits))
    return Cap(limits, next(found, None), catalog.version >= CONVERTS)


def _holds(one: Setting, limits: Limits) -> bool:
    """Whether the limit is what this variable says."""
    number, area = whole(one.text.strip()), limits.constants.factor**2
    if number is None:
        return False
    pixels = Pixels(number * (area if one.name == TOKENS else 1))
    return limits.constants.image_max in {pixels, pixels // area * area}


def sized(limits: Limits, size: Size) -> SizedImage | None:
    try:
        return limits.image(size)
    except InputError:
        return None


def name_of(size: Size) -> str:
    """A size as people call it: pages by their resolution."""
    if size.dpi is None:
        return str(size)
    upright = (min(size.width, size.height), max(size.width, size.height))
    page = "A4" if upright == (round(210 / 25.4 * size.dpi), round(297 / 25.4 * size.dpi)) else str(size)
    return f"{page} at {size.dpi} dpi"


def percent(scale: tuple[float, float]) -> str:
    """``69 % of its width and 67 % of its height``, or one number where both are the same."""
    width, height = (round(100 * side) for side in scale)
    return f"{width} % of its sides" if width == height else f"{width} % of its width and {height} % of its height"

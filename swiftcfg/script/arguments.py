"""Words after ``swift deploy`` as argparse takes them apart, without knowing which flags exist.

Rules as in CPython 3.10-3.13 Lib/argparse.py, ArgumentParser._parse_optional; both spellings of a name,
with hyphens and with underscores, come from transformers' HfArgumentParser.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from swiftcfg.config import Word
from swiftcfg.script.uses import Field, FlagUse, Place, Stray, joined

_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
_GLUED = re.compile(r"(--[^ =]+)=", re.DOTALL)


@dataclass
class _Open:
    """A flag whose words are still being collected."""

    spelling: str
    place: Place
    words: list[Word] = field(default_factory=list)

    def use(self, *, glued: bool = False) -> FlagUse:
        return FlagUse(flag_name(self.spelling), tuple(self.words), self.spelling, glued, self.place)


def flag_name(spelling: str) -> str:
    return spelling[2:].replace("-", "_")


def read_arguments(fields: Sequence[Field]) -> tuple[tuple[FlagUse, ...], tuple[Stray, ...]]:
    """Flags with the words each takes, and the words that none takes."""
    uses: list[FlagUse] = []
    strays: list[Stray] = []
    now: _Open | None = None
    for number, one in enumerate(fields):
        if one.word() == "--":  # from here on nothing is a flag
            strays += [Stray(rest.word(), rest.place) for rest in fields[number:]]
            break
        if not looks_like_option(one.head()):
            if now:
                now.words.append(one.word())
            else:
                strays.append(Stray(one.word(), one.place))
            continue
        uses += [now.use()] if now else []
        now = None
        glued = _GLUED.match(one.head())
        if glued:
            rest = joined((one.head()[glued.end() :], *one.parts[1:]))
            uses.append(_Open(glued.group(1), one.place, [rest]).use(glued=True))
        elif one.head().startswith("--") and len(one.parts) == 1:
            now = _Open(one.head(), one.place)
        else:
            strays.append(Stray(one.word(), one.place))
    uses += [now.use()] if now else []
    return tuple(uses), tuple(strays)


def looks_like_option(text: str) -> bool:
    """True where argparse takes a word for an option, known or not, and so never for a value."""
    if not text.startswith("-") or text == "-" or _NEGATIVE_NUMBER.fullmatch(text):
        return False
    return " " not in text or _GLUED.match(text) is not None or text.startswith("-h")

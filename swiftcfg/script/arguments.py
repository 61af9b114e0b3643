"""Words after ``swift deploy`` as argparse takes them apart, without knowing which flags exist.

Rules as in CPython 3.10-3.13 Lib/argparse.py, ArgumentParser._parse_optional; both spellings of a name,
with hyphens and with underscores, come from transformers' HfArgumentParser.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from swiftcfg.script.uses import FlagUse, Stray
from swiftcfg.script.words import Field, joined
from swiftcfg.script.words import whole as written_as_one

_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
_GLUED = re.compile(r"(--[^ =]+)=", re.DOTALL)


@dataclass
class _Open:
    """A flag whose words are still being collected."""

    name: Field
    words: list[Field] = field(default_factory=list)

    def use(self) -> FlagUse:
        spelling, spans = self.name.head(), tuple(one.span for one in self.words)
        return FlagUse(
            flag_name(spelling), tuple(one.word() for one in self.words), spelling, glued=False, place=self.name.place,
            span=self.name.span, word_spans=spans, whole=written_as_one((self.name, *self.words)),
        )  # fmt: skip


def _glued_use(one: Field, spelling: str) -> FlagUse:
    value = joined((one.head()[len(spelling) + 1 :], *one.parts[1:]))
    name_span, value_span = one.halves(spelling)
    return FlagUse(
        flag_name(spelling), (value,), spelling, glued=True, place=one.place,
        span=name_span, word_spans=(value_span,), whole=one.span,
    )  # fmt: skip


def flag_name(spelling: str) -> str:
    return spelling[2:].replace("-", "_")


def read_arguments(fields: Sequence[Field]) -> tuple[tuple[FlagUse, ...], tuple[Stray, ...]]:
    """Flags with the words each takes, and the words that none takes."""
    uses: list[FlagUse] = []
    strays: list[Stray] = []
    now: _Open | None = None
    for number, one in enumerate(fields):
        if one.word() == "--":  # from here on nothing is a flag
            strays += [Stray(rest.word(), rest.place, rest.span) for rest in fields[number:]]
            break
        if not looks_like_option(one.head()):
            if now:
                now.words.append(one)
            else:
                strays.append(Stray(one.word(), one.place, one.span))
            continue
        uses += [now.use()] if now else []
        now = None
        glued = _GLUED.match(one.head())
        if glued:
            uses.append(_glued_use(one, glued.group(1)))
        elif one.head().startswith("--") and len(one.parts) == 1:
            now = _Open(one)
        else:
            strays.append(Stray(one.word(), one.place, one.span))
    uses += [now.use()] if now else []
    return tuple(uses), tuple(strays)


def looks_like_option(text: str) -> bool:
    """True where argparse takes a word for an option, known or not, and so never for a value."""
    if not text.startswith("-") or text == "-" or _NEGATIVE_NUMBER.fullmatch(text):
        return False
    return " " not in text or _GLUED.match(text) is not None or text.startswith("-h")

"""What the rules on broken scripts say and mend."""

import unicodedata

from swiftcfg.rule import Finding, Fix, ReplaceText
from swiftcfg.script.breakages import Breakage

#: Longer texts are shown in part.
_SHOWN = 80


def found(one: Breakage, message: str, title: str, *, safe: bool = True) -> Finding:
    """A finding about a breakage, mended by its edits."""
    changes = tuple(ReplaceText(span.start, span.end, text) for span, text in one.edits)
    return Finding(message, one.place, None, Fix(title, changes, safe) if changes else None)


def shown(lost: str) -> str:
    """What becomes of the lines that follow."""
    if not lost:
        return ""
    text = lost.strip().replace("\r", "")
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}\N{HORIZONTAL ELLIPSIS}"
    return f"; bash looks for a command called {text.split()[0]}, and swift never gets {short}"


def names(characters: str) -> str:
    """Characters by their Unicode names, each once."""
    each = dict.fromkeys(characters)
    return ", ".join(f"{unicodedata.name(one, 'unnamed')} (U+{ord(one):04X})" for one in each)

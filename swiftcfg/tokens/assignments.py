"""Variables as people give them on a command line: ``NAME=VALUE``."""

from collections.abc import Iterable
from difflib import get_close_matches

from swiftcfg.errors import InputError
from swiftcfg.tokens.variables import KNOWN


def parse_assignments(texts: Iterable[str]) -> dict[str, str]:
    """Read ``NAME=VALUE`` words; raises InputError for a name that has no say in tokens."""
    variables = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"{text!r} sets nothing", "write NAME=VALUE, such as VIDEO_MAX_PIXELS=50176")
        if name not in KNOWN:
            close = get_close_matches(name.upper(), KNOWN, n=1)
            hint = f"did you mean {close[0]}?" if close else f"these do: {', '.join(KNOWN)}"
            raise InputError(f"the variable {name} has no say in the tokens of this model", hint)
        variables[name] = value
    return variables

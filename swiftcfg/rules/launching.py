"""How a shell script starts a call: in the background, under which programs, with which redirections."""

import re
from functools import lru_cache

from swiftcfg.facts import Origin
from swiftcfg.script import Place, Script, read_script
from swiftcfg.values import dataclass

#: What follows the last word of a command: redirections, pipes, continued lines, up to a comment or its end.
_REST = re.compile(r"(?:\\\n|[<>]&|&>|\|&?|(?!\s#)[^\n;&|])*(&(?![&>]))?")


@dataclass(frozen=True, slots=True)
class Launch:
    """``programs`` is the text in front of swift, ``background`` whether & ends the command."""

    programs: str
    background: bool
    redirected: bool

    def has(self, *names: str) -> bool:
        """Whether one of these programs starts the call."""
        return any(re.search(rf"(?<![\w-]){name}(?![\w-])", self.programs) for name in names)


def launch_of(origin: Origin, script: Script) -> Launch | None:
    """How the call is started; None where it is not a command of a shell script."""
    if origin.kind != "shell" or script.span is None:
        return None
    text = origin.text
    first = next((use.span for use in script.flags if use.span), None)
    rest = _REST.match(text, script.span.end)
    words = rest.group() if rest else ""
    inside = text[script.span.start : script.span.end]
    redirected = any(mark in words or f" {mark}" in inside for mark in (">", "|"))
    programs = text[script.span.start : first.start if first else script.span.end]
    return Launch(programs, bool(rest and rest.group(1)), redirected)


@lru_cache(maxsize=1)
def _calls(text: str) -> tuple[Script, ...]:
    return read_script(text)


def calls_in(origin: Origin) -> tuple[Script, ...]:
    """Every call of a shell script."""
    return _calls(origin.text) if origin.kind == "shell" and origin.text.count("deploy") > 1 else ()


@lru_cache(maxsize=1)
def background_calls(origin: Origin) -> tuple[Script, ...]:
    """Every call of a shell script that surely starts and that what follows does not wait for."""
    launches = ((call, launch_of(origin, call)) for call in calls_in(origin) if not call.conditional)
    return tuple(call for call, launch in launches if launch and launch.background)


def place_at(origin: Origin, offset: int) -> Place:
    """Line and column of a character of the file."""
    before = origin.text[:offset]
    return Place(before.count("\n") + 1, offset - before.rfind("\n"))

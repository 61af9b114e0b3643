"""Sources: every ``swift deploy`` in a text, whatever kind of file it is.

Text in, calls out; nothing is opened here. Spans and places are those of the whole text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import get_args

from swiftcfg.errors import InputError
from swiftcfg.script import Script, find_fault, read_script
from swiftcfg.script.breakages import Breakage, breakages_of, find_breakages
from swiftcfg.script.fragment import File
from swiftcfg.sources import readers
from swiftcfg.sources.source import Kind, Source

__all__ = ["KINDS", "SIZE_LIMIT", "Kind", "Source", "breakages_in", "find_calls", "may_hold_a_call"]

KINDS: tuple[Kind, ...] = get_args(Kind)


#: A megabyte of shell is read in a few seconds at worst; scripts have kilobytes.
SIZE_LIMIT = 1_000_000


def may_hold_a_call(name: str) -> bool:
    """Whether a file of this name is worth a look when nobody named it."""
    return bool(_SETTINGS_NAME.search(name) or _PROSE_NAME.search(name) or _SCRIPT_NAME.search(name)) or any(
        pattern.search(name) for pattern, _, _ in _BY_NAME
    )


def find_calls(name: str, text: str, *, named: bool = True) -> Source:
    """Every ``swift deploy`` in a text. ``name`` is that of its file, and decides how it is read; any text can be.

    Any mapping in a YAML or JSON file is taken for settings of swift deploy, because they have no mark of their
    own; unless the file was not ``named`` by anybody: then it must name a model or an engine.
    """
    if len(text) > SIZE_LIMIT:
        return _large(name, text)
    for pattern, kind, reader in _BY_NAME:
        if pattern.search(name):
            return _read(name, text, kind, reader)
    if _SETTINGS_NAME.search(name):
        return readers.read_structured(name, text, sure=named)
    if "\0" in text:
        return Source(name, "shell", text, (), "it holds NUL bytes, which no script has")
    return _guessed(name, text)


def _large(name: str, text: str) -> Source:
    """Of a text that no person wrote only what is read at no cost: the log of ms-swift."""
    found = _read(name, text, "log", readers.logged_calls)
    fault = f"it has {len(text)} characters, and no script has more than {SIZE_LIMIT}"
    return found if found.calls else replace(found, kind="shell", fault=fault)


def _read(name: str, text: str, kind: Kind, reader: "_Reader") -> Source:
    try:
        return Source(name, kind, text, tuple(reader(File(text))))
    except InputError as error:
        return Source(name, kind, text, (), error.sentence)


_Reader = Callable[[File], "tuple[Script, ...] | Iterator[Script]"]

_BY_NAME: tuple[tuple["re.Pattern[str]", Kind, _Reader], ...] = (
    (
        re.compile(r"(?i)(?:^|/)(?:[\w.-]+\.)?(?:docker|container)file(?:\.[\w.-]+)?$"),
        "dockerfile",
        readers.dockerfile_calls,
    ),
    (re.compile(r"\.service$"), "systemd", readers.unit_calls),
    (re.compile(r"\.pyw?$"), "python", readers.python_calls),
)
_SETTINGS_NAME = re.compile(r"(?i)\.(?:ya?ml|json)$")
_SCRIPT_NAME = re.compile(r"(?i)\.(?:sh|bash|zsh|ksh|command|env|txt|slurm|sbatch|pbs)$|(?:^|/)[^./]+$")
_PROSE_NAME = re.compile(r"(?i)\.(?:md|markdown|rst)$")
#: What a file without a telling name starts with, or has a line of.
_LOOKS: tuple[tuple["re.Pattern[str]", Kind, _Reader], ...] = (
    (re.compile(r"run sh: `"), "log", readers.logged_calls),
    (re.compile(r"(?m)^\[Service\][ \t]*$"), "systemd", readers.unit_calls),
    (re.compile(r"(?m)\A(?:[ \t]*(?:#.*)?\n)*FROM[ \t]+\S+"), "dockerfile", readers.dockerfile_calls),
    (
        re.compile(r"(?m)\A#!.*\bpython|^(?:import|from)[ \t]+(?:subprocess|os)\b|\[\s*['\"](?:swift|bash|sh)['\"],"),
        "python",
        readers.python_calls,
    ),
)


def _guessed(name: str, text: str) -> Source:
    """A text under a name that says little: read as what its looks tell, or as whatever finds a call in it."""
    if not _PROSE_NAME.search(name):
        scripts = read_script(text)
        if scripts and not re.search(r"(?m)^[ \t]*(?:`{3}|> )", text):
            return Source(name, "shell", text, scripts)
    for pattern, kind, reader in _LOOKS:
        if pattern.search(text):
            found = _read(name, text, kind, reader)
            if found.calls:
                return found
    pasted = readers.pasted_calls(File(text)) if "deploy" in text else ()
    if pasted or _PROSE_NAME.search(name):
        return Source(name, "paste", text, pasted)
    structured = readers.read_structured(name, text, sure=False)
    if structured.calls:
        return structured
    fault = find_fault(text)
    return Source(name, "shell", text, (), f"a shell stops at {fault}" if fault else _hidden_by(text))


def _hidden_by(text: str) -> str | None:
    """What keeps bash from finding a swift deploy that a reader sees."""
    if not re.search(r"swift\b.{0,9}\bdeploy", text, re.DOTALL):
        return None
    found = (one for one in find_breakages(text) if one.kind in _HIDING)
    return next((f"line {one.place.line}: {_HIDING[one.kind]}" for one in found), None)


#: Breakages that change the word swift or deploy itself.
_HIDING = {
    "blank after backslash": "a blank follows the backslash, so the command ends there",
    "comment after backslash": "a comment follows the backslash, so the command ends there",
    "comment in continuation": "a comment ends the continued line",
    "blank line in continuation": "an empty line ends the continued line",
    "glued words": "no blank stands between the two lines, which bash makes one word of",
    "carriage returns": "lines end with carriage returns, which bash takes for part of the last word",
    "byte order mark": "a byte order mark is part of the first word",
    "Unicode blank": "what looks like a blank is none to bash",
}


def breakages_in(kind: str, script: Script, text: str) -> tuple[Breakage, ...]:
    """What breaks a call without a word from the shell; known of scripts and of pastes."""
    if kind == "shell":
        return breakages_of(script, text)
    return readers.pasted_breakages(script, text) if kind == "paste" else ()

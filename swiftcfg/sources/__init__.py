"""Sources: every ``swift deploy`` in a text, whatever kind of file it is.

Text in, calls out; nothing is opened here. Spans and places are those of the whole text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import get_args

from swiftcfg.errors import InputError
from swiftcfg.script import Script, find_fault, read_fragment
from swiftcfg.script.breakages import Breakage
from swiftcfg.script.broken import breakages_of, hidden_in
from swiftcfg.script.fragment import File, Fragment
from swiftcfg.script.hidden import find_overlooked
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
    own; unless the file was not ``named`` by anybody: then it must name a model or an engine. What looks like a
    call and is none is among the ``hidden`` of what is found.
    """
    found = _found(name, text, named=named)
    return found if found.hidden or found.kind in _READ_WHOLE else _overlooked(found)


#: Kinds of text of which every part is looked at that could be a command.
_READ_WHOLE = ("shell", "paste", "log", "python")


def _overlooked(source: Source) -> Source:
    """A text in which commands stand where none were looked for; if so, it is no settings file either."""
    if (source.calls and source.kind not in ("yaml", "json")) or "deploy" not in source.text:
        return source
    overlooked = find_overlooked(source.text)
    return replace(source, calls=(), hidden=overlooked) if overlooked else source


def _found(name: str, text: str, *, named: bool) -> Source:
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
    file = File(text)
    try:
        calls = tuple(reader(file))
    except InputError as error:
        return Source(name, kind, text, (), error.sentence)
    if kind in _PROSE:
        return Source(name, kind, text, calls, hidden=() if calls else _unmended(hidden_in(file)))
    return Source(name, kind, text, calls, hidden=hidden_in(file))


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
_SHELL_NAME = re.compile(r"(?i)\.(?:sh|bash|zsh|ksh|command|slurm|sbatch|pbs)$")
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
    file = File(text)
    if not _PROSE_NAME.search(name):
        scripts = read_fragment(Fragment.of_file(file))
        if not _is_script(name, text):
            scripts = tuple(script for script in scripts if script.says_more or not script.strays)
        if scripts and not re.search(r"(?m)^[ \t]*(?:`{3}|> )", text):
            return Source(name, "shell", text, scripts, hidden=hidden_in(file))
    for pattern, kind, reader in _LOOKS:
        if pattern.search(text):
            found = _read(name, text, kind, reader)
            if found.calls:
                return found
    hidden = hidden_in(file)
    if not (hidden and _is_script(name, text)):
        pasted = _read(name, text, "paste", readers.pasted_calls)
        if pasted.calls or _PROSE_NAME.search(name):
            return pasted
        structured = readers.read_structured(name, text, sure=False)
        if structured.calls:
            return structured
    fault = find_fault(text)
    return Source(name, "shell", text, (), f"a shell stops at {fault}" if fault else None, hidden)


def _is_script(name: str, text: str) -> bool:
    return text.lstrip("\ufeff").startswith("#!") or _SHELL_NAME.search(name) is not None


def breakages_in(kind: str, script: Script) -> tuple[Breakage, ...]:
    """What breaks a call without a word from the shell; nothing is mended in prose."""
    return _unmended(breakages_of(script)) if kind in _PROSE else breakages_of(script)


def _unmended(found: Iterable[Breakage]) -> tuple[Breakage, ...]:
    return tuple(replace(one, edits=()) for one in found)


_PROSE = ("paste", "log")

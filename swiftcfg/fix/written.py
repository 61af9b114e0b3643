"""How a value is written where another one stands: in the same quotes if they can hold it, else in others."""

import json
import re

from swiftcfg.fix.edits import CannotWriteError
from swiftcfg.quoting import quote_shell, quote_yaml
from swiftcfg.script import Script

_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*|--[A-Za-z0-9_-]+", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?", re.ASCII)


def written(script: Script, value: str, raw: str = "") -> str:
    """The value as the call's syntax has it, in place of ``raw``; raises CannotWriteError where it does not fit."""
    text = _WRITERS[script.syntax](value, raw)
    if any(character in text for character in script.forbidden):
        raise CannotWriteError("the command is inside quotes that the new value does not go into")
    return text


def _in_quotes_of(raw: str, value: str) -> str | None:
    """In the quotes of ``raw``, where the value has nothing that those would change."""
    quote = raw[:1]
    if quote in ("'", '"') and raw[-1:] == quote and re.fullmatch(r"[^'\"\\$`!\n]*", value):
        return quote + value + quote
    return None


def _for_shell(value: str, raw: str) -> str:
    return _in_quotes_of(raw, value) or (quote_shell(value) if value else "''")


def _for_words(value: str, raw: str) -> str:
    """A string of its own in YAML, JSON or Python."""
    plain = raw != "" and raw[0] not in "'\"" and _PLAIN.fullmatch(value)
    return _in_quotes_of(raw, value) or (value if plain else json.dumps(value, ensure_ascii=False))


def _for_yaml(value: str, raw: str) -> str:
    return _in_quotes_of(raw, value) or quote_yaml(value)


def _for_json(value: str, raw: str) -> str:
    return value if raw[:1] != '"' and _NUMBER.fullmatch(value) else json.dumps(value, ensure_ascii=False)


_WRITERS = {"shell": _for_shell, "words": _for_words, "yaml": _for_yaml, "json": _for_json}


def flag_written(script: Script, name: str, raw: str = "") -> str:
    """A flag's name as the call's syntax has it, hyphenated where the one in its place is."""
    if "-" in raw.strip("'\"-") and "_" not in raw:
        name = name.replace("_", "-")
    if script.syntax == "yaml":
        return name
    if script.syntax == "json":
        return json.dumps(name)
    if script.syntax == "shell":
        return _in_quotes_of(raw, f"--{name}") or f"--{name}"
    return written(script, f"--{name}", raw)

"""Files that hold a ``swift deploy``: shell scripts, and the YAML or JSON that ``swift deploy FILE`` reads."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.version import Version

from swiftcfg.config import DeployConfig, Unknown
from swiftcfg.errors import InputError
from swiftcfg.files import STDIN, is_file, read_bytes, shown_name
from swiftcfg.render import YAML_SINCE
from swiftcfg.runtime import DEFAULT_VERSIONS, SHELL_WINS_SINCE
from swiftcfg.script import Place, Script, find_fault, read_fields
from swiftcfg.script.uses import Stray, VariableUse
from swiftcfg.script.words import Field
from swiftcfg.sources import find_calls
from swiftcfg.yamlfile import parse_json, parse_yaml

_SETTINGS_SUFFIXES = (".yaml", ".yml", ".json")
_TOP = Place(1, 1)
_NEWEST = Version(DEFAULT_VERSIONS["ms-swift"])
#: Before YAML_SINCE it is ``--config FILE``, from here on (ms-swift@3.10.0:swift/cli/main.py, prepare_config_args).
_CONFIG_SINCE = Version("3.10.0")


def read_deploy(path: str, ms_swift: Version = _NEWEST) -> tuple[DeployConfig, ...]:
    """What every ``swift deploy`` in a file means, at least one; ``-`` is standard input.

    A name ending in .yaml, .yml or .json is a file of settings; anything else is whatever swiftcfg.sources finds
    a ``swift deploy`` in, and settings if that is nothing. Raises InputError where there is neither.
    """
    content = read_bytes(path)
    name = shown_name(path)
    if path.lower().endswith(_SETTINGS_SUFFIXES):
        return (_settings(content, path).config(),)
    if b"\0" in content:
        raise InputError(f"{name} is no text", "give a script, or a file of settings, saved as UTF-8")
    scripts = find_calls(path, content.decode("utf-8", "surrogateescape")).calls
    if scripts:
        folder = Path() if path == STDIN else Path(path).parent
        return tuple(with_settings_file(script, folder, ms_swift).config() for script in scripts)
    return (_settings_if_any(content, path).config(),)


def with_settings_file(script: Script, folder: Path, ms_swift: Version = _NEWEST) -> Script:
    """The same call with the settings of ``swift deploy FILE …`` taken in; flags after the file win.

    So it is with ``--config FILE`` of older releases, where the file wins and has no ENV. The file is looked for
    from here, as swift would, and then in ``folder``, where the script is.
    """
    named = settings_file_of(script, ms_swift)
    if named is None:
        return script
    if isinstance(named.word, Unknown):
        raise InputError(
            f"line {named.place.line}: the settings are in a file whose name is not known: {named.word.expression}",
            "give that file instead",
        )
    found = [path for path in (Path(named.word), folder / named.word) if is_file(path)]
    if not found:
        raise InputError(
            f"line {named.place.line}: there is no file {shown_name(named.word)}, which holds the settings",
            "run this where swift deploy is run",
        )
    content, name = read_bytes(str(found[0])), str(found[0])
    if ms_swift < YAML_SINCE:
        settings = _settings(content, name, environment=None)
        return replace(script, flags=(*script.flags, *settings.flags), strays=(*script.strays, *settings.strays))
    settings = _settings(content, name)
    first, last = (settings, script) if ms_swift >= SHELL_WINS_SINCE else (script, settings)
    wins = {use.name for use in last.variables}
    return replace(
        script,
        flags=(*settings.flags, *script.flags),
        variables=(*(use for use in first.variables if use.name not in wins), *last.variables),
        outdone=tuple(use for use in first.variables if use.name in wins),
        strays=(*settings.strays, *script.strays[1:]),
    )


def settings_file_of(script: Script, ms_swift: Version) -> Stray | None:
    """The file whose settings this release takes in: the first word, or before 4.1.0 that of ``--config``."""
    if ms_swift >= YAML_SINCE:
        return script.config_file()
    uses = [use for use in script.flags if use.name == "config" and use.words]
    if not uses or not script.wrapper or ms_swift < _CONFIG_SINCE:
        return None
    return Stray(uses[0].words[0], uses[0].place)


def _settings_if_any(content: bytes, path: str) -> Script:
    """Settings under a name that does not say so; what holds nothing of the kind is reported as no deploy."""
    name = shown_name(path)
    fault = find_fault(content.decode("utf-8", "surrogateescape"))
    hint = "give a script that runs it, or its YAML or JSON file"
    missing = InputError(f"there is no swift deploy in {name}", f"a shell stops at {fault}" if fault else hint)
    try:
        is_json = content.lstrip().startswith(b"{")
        data = (parse_json if is_json else parse_yaml)(content, name)
    except InputError:
        raise missing from None
    if not isinstance(data, dict) or not data:
        raise missing
    return _script_of(data, name)


def _settings(content: bytes, path: str, environment: str | None = "ENV") -> Script:
    name = shown_name(path)
    parse = parse_json if path.lower().endswith(".json") else parse_yaml
    return _script_of(parse(content, name), name, environment)


def _script_of(data: Any, name: str, environment: str | None = "ENV") -> Script:
    """Settings as ms-swift turns them into variables and words (ms-swift@4.6.0:swift/cli/main.py:38-73)."""
    if not isinstance(data, dict):
        raise InputError(f"{name} is not a mapping of flags to values", "write lines such as: infer_backend: vllm")
    variables = data.get(environment) or {}
    if not isinstance(variables, dict) or not all(isinstance(key, str) for key in variables):
        raise InputError(
            f"{name}: ENV is not a mapping of variables to values", "write below ENV:   MAX_PIXELS: 1003520"
        )
    words = [word for flag, value in data.items() if flag != environment for word in _words(flag, value, name)]
    script = read_fields([Field((word,), _TOP) for word in words])
    uses = [VariableUse(variable, str(value), "export", _TOP) for variable, value in variables.items()]
    return replace(script, variables=tuple(uses))


def _words(flag: object, value: Any, name: str) -> list[str]:
    option = f"--{flag}"
    if isinstance(value, list):
        return [option, *(str(item) for item in value)]
    if isinstance(value, Mapping):
        try:
            return [option, json.dumps(value, ensure_ascii=False)]
        except TypeError as error:
            raise InputError(
                f"{name}: {flag} cannot be written as JSON: {error}", "quote what looks like a date"
            ) from None
    return [option, str(value)]

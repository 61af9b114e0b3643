"""Writing a DeployConfig down: a POSIX shell script, or the YAML file that ``swift deploy`` itself reads.

The layout is in templates (handed in as text); everything that decides what a shell, a YAML reader or
argparse will understand is here, so that a template cannot get it wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from typing import Any, Literal

from packaging.version import Version

from swiftcfg.config import DeployConfig, Flag, Unknown
from swiftcfg.errors import InputError, SwiftcfgError
from swiftcfg.quoting import comment, quote_shell, quote_yaml, shellcheck_codes, yaml_key
from swiftcfg.runtime import SHELL_WINS_SINCE
from swiftcfg.values import dataclass

Target = Literal["shell", "yaml"]

#: The template of each target.
TEMPLATES: Mapping[Target, str] = {"shell": "deploy.sh.j2", "yaml": "deploy.yaml.j2"}

#: ``swift deploy file.yaml`` and its ENV mapping: ms-swift@4.1.0:swift/cli/main.py:38-64 (not in 4.0.4).
YAML_SINCE = Version("4.1.0")

_FLAG_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")

#: Variables that a shell keeps for itself: read-only, or with another value than the one assigned
#: (bash 5.2 manual, "Shell Variables"; dash's PPID and LINENO are among them).
_SHELLS_OWN = frozenset(
    {"_", "BASHOPTS", "BASHPID", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0", "BASH_ALIASES", "BASH_CMDS", "BASH_COMMAND",
     "BASH_LINENO", "BASH_SOURCE", "BASH_SUBSHELL", "BASH_VERSINFO", "COMP_WORDBREAKS", "DIRSTACK", "EPOCHREALTIME",
     "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS", "HISTCMD", "LINENO", "OPTIND", "PIPESTATUS", "PPID", "RANDOM",
     "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM", "UID"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be written: the call, and what people should know about it.

    ``reasons`` has a text per setting, by flag or variable name. ``header`` are lines for the top, wrapped;
    ``reproduce`` is the command that makes the file again, kept as it is. ``secret_environment`` maps a flag
    to the variable that holds its value when the script runs: such a value is never written down.
    """

    config: DeployConfig
    ms_swift: Version
    title: str
    header: tuple[str, ...] = ()
    reproduce: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    secret_environment: Mapping[str, str] = field(default_factory=dict)


def render(target: Target, document: Document, templates: Mapping[str, str]) -> str:
    """Write a document with the template of its target; ``templates`` maps file names to their text.

    Raises InputError for values that the target cannot carry, and for faults of a template.
    """
    if target == "yaml" and document.ms_swift < YAML_SINCE:
        raise InputError(
            f"ms-swift {document.ms_swift} reads no YAML file with an ENV mapping: that came with {YAML_SINCE}",
            "write a script instead: --target shell",
        )
    _check(document)
    view = _shell_view(document) if target == "shell" else _yaml_view(document)
    name = TEMPLATES[target]
    if name not in templates:
        raise InputError(
            f"there is no template {name}", "the folder given with --templates replaces shipped ones by name"
        )
    return _filled(name, view, templates)


@cache
def _environment(templates: tuple[tuple[str, str], ...]) -> Any:
    """Jinja's sandbox with these templates; they are compiled when they are first used."""
    from jinja2 import DictLoader, StrictUndefined  # noqa: PLC0415  (60 ms)
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(templates)),
        undefined=StrictUndefined,
        autoescape=False,  # no HTML: shell and YAML have quotes of their own
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(comment=comment, sh=quote_shell, yaml=quote_yaml)
    return environment


def _filled(name: str, view: Mapping[str, Any], templates: Mapping[str, str]) -> str:
    """Run a template in the sandbox: it sees the view and nothing else of this program."""
    from jinja2 import TemplateSyntaxError  # noqa: PLC0415

    try:
        return str(_environment(tuple(sorted(templates.items()))).get_template(name).render(view))
    except SwiftcfgError:
        raise
    except TemplateSyntaxError as error:
        raise InputError(
            f"template {error.name or name}, line {error.lineno}: {error.message}", "correct the template"
        ) from None
    except Exception as error:  # noqa: BLE001  (a template is a program of its own: any fault of it is its own)
        raise InputError(
            f"template {name}: {error}", "look at the shipped templates for the names it can use"
        ) from None


def _check(document: Document) -> None:
    """Raise InputError for names and values that no target can carry."""
    for name, value in document.config.environment:
        if not _VARIABLE_NAME.fullmatch(name) or name in _SHELLS_OWN:
            raise InputError(
                f"{name!r} cannot be set as an environment variable", "choose a name of letters, digits and _"
            )
        _check_value(name, value)
    for flag in document.config.flags:
        if not _FLAG_NAME.fullmatch(flag.name):
            raise InputError(f"{flag.name!r} is not the name of a flag", "write it without dashes, with underscores")
        for word in flag.words:
            _check_value(flag.name, word)
        _check_dashes(flag)
    for flag_name, variable in document.secret_environment.items():
        if not _FLAG_NAME.fullmatch(flag_name) or not _VARIABLE_NAME.fullmatch(variable) or variable in _SHELLS_OWN:
            raise InputError(
                f"{variable!r} is not the name of a variable that can hold --{flag_name}",
                "choose a name of letters, digits and _ that the shell does not use itself",
            )
        if document.config.flag(flag_name):
            raise InputError(f"--{flag_name} is given both as a value and through ${variable}", "give one of them")


def _check_value(name: str, value: object) -> None:
    if isinstance(value, Unknown):
        raise InputError(f"the value of {name} is not known: {value.expression}", "give it as it shall be written")
    if "\0" in str(value):
        raise InputError(f"the value of {name} holds a NUL byte, which no program can be given", "take it out")
    if any("\ud800" <= character <= "\udfff" and not "\udc80" <= character <= "\udcff" for character in str(value)):
        raise InputError(f"the value of {name} holds half of a character", "look for a cut-off emoji")


def _check_dashes(flag: Flag) -> None:
    """Raise InputError for words that argparse would take for a flag of their own.

    One word can be glued on (``--name=-word``), several cannot, and ``--`` is taken away even then
    (CPython 3.10-3.12 Lib/argparse.py, _get_values).
    """
    words = [str(word) for word in flag.words]
    glued = len(words) == 1
    for word in words:
        dashed = word.startswith("-") and word != "-" and not _NEGATIVE_NUMBER.fullmatch(word)
        if word == "--" or (dashed and not glued):
            raise InputError(
                f"swift deploy cannot be given {word!r} as a value of --{flag.name}",
                "its argument parser takes the word for a flag" + ("" if glued else "; give a single value"),
            )


def is_glued(flag: Flag) -> bool:
    """Whether the word must stand in ``--name=word``, because it starts with a dash and is no number."""
    word = str(flag.words[0]) if len(flag.words) == 1 else ""
    return word.startswith("-") and not _NEGATIVE_NUMBER.fullmatch(word)


def _common_view(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "header": document.header,
        "reproduce": document.reproduce,
        "notes": document.notes,
        "ms_swift": str(document.ms_swift),
        "shell_wins": document.ms_swift >= SHELL_WINS_SINCE,
        "secrets": [{"flag": flag, "variable": name} for flag, name in document.secret_environment.items()],
    }


def _shell_view(document: Document) -> dict[str, Any]:
    """What the shell template sees; ``words`` are quoted already, with the flag's own dashes in front."""
    config, reasons = document.config, document.reasons
    values = [str(value) for _, value in config.environment]
    values += [str(word) for flag in config.flags for word in flag.words]
    return _common_view(document) | {
        "environment": [
            {"name": name, "quoted": quote_shell(str(value)), "reason": reasons.get(name, "")}
            for name, value in config.environment
        ],
        "flags": [
            {"name": flag.name, "words": _shell_words(flag), "reason": reasons.get(flag.name, "")}
            for flag in config.flags
        ],
        "shellcheck_codes": shellcheck_codes(values),
    }


def _shell_words(flag: Flag) -> str:
    words = [quote_shell(str(word)) for word in flag.words]
    return f"--{flag.name}={words[0]}" if is_glued(flag) else " ".join([f"--{flag.name}", *words])


def _yaml_view(document: Document) -> dict[str, Any]:
    """What the YAML template sees; ``entry`` is a whole line of a mapping."""
    config, reasons = document.config, document.reasons
    return _common_view(document) | {
        "environment": [
            {"name": name, "entry": _yaml_variable(name, str(value)), "reason": reasons.get(name, "")}
            for name, value in config.environment
        ],
        "flags": [
            {"name": flag.name, "entry": _yaml_entry(flag), "reason": reasons.get(flag.name, "")}
            for flag in config.flags
        ],
    }


def _check_utf8(name: str, value: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f"the value of {name} is not UTF-8 text, which YAML cannot hold", "use --target shell")


def _yaml_variable(name: str, value: str) -> str:
    _check_utf8(name, value)
    return f"{yaml_key(name)}: {quote_yaml(value)}"


def _yaml_entry(flag: Flag) -> str:
    """One flag for ms-swift's loader, which writes ``--key value`` for text and ``--key item item`` for a list.

    So an empty list leaves ``--key`` alone: that is how a bare switch is written, and how a value that
    starts with a dash is glued to its flag. Items are text, because before 4.6.0 numbers in lists crash it
    (ms-swift@4.5.2:swift/cli/main.py:64).
    """
    if flag.name == "ENV":
        raise InputError("--ENV cannot be written as YAML: there ENV holds the variables", "use --target shell")
    words = [str(word) for word in flag.words]
    for word in words:
        _check_utf8(flag.name, word)
    if is_glued(flag):
        return f"{quote_yaml(f'{flag.name}={words[0]}', plain_numbers=False)}: []"
    if len(words) == 1:
        return f"{yaml_key(flag.name)}: {quote_yaml(words[0])}"
    return f"{yaml_key(flag.name)}: [{', '.join(quote_yaml(word, plain_numbers=False) for word in words)}]"

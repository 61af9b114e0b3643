"""From a subject to the process: words, environment, standard input, and what its output must not show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path

from swiftcfg.config import DeployConfig
from swiftcfg.detect import Installation
from swiftcfg.errors import InputError, MachineError
from swiftcfg.exchange import SHORTEST_SECRET
from swiftcfg.files import is_file
from swiftcfg.render import is_glued
from swiftcfg.rules.secrets import SECRET_VARIABLES
from swiftcfg.starting.environment import Change, changed, changes
from swiftcfg.starting.subject import Secret, Subject
from swiftcfg.values import dataclass

#: The program that ``swift deploy`` runs, from ms-swift 2 to 4 (ms-swift@4.6.0:swift/cli/main.py:91).
_PROGRAM = "swift/cli/deploy.py"

#: Runs that program with words that come in on standard input, a JSON list in one line: so neither ps nor the
#: environment shows them. Processes that the server spawns start from the program's file, as without this.
_BOOTSTRAP = (
    "import json, os, runpy, sys; "
    "words = json.loads(sys.stdin.buffer.readline()); "
    "null = os.open(os.devnull, os.O_RDONLY); os.dup2(null, 0); os.close(null); "
    "sys.argv = sys.argv[1:] + words; "
    "sys.path[0] = os.path.dirname(sys.argv[0]); "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


@dataclass(frozen=True)
class StartCommand:
    """What is started. ``stdin`` is what it is given to read, ``secrets`` what must not be shown of its output.

    ``changes`` say how the environment differs from the caller's.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    cwd: str
    stdin: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    changes: tuple[Change, ...] = ()


def start_command(subject: Subject) -> StartCommand:
    """How a subject is started.

    Raises MachineError where ms-swift's program is not there, InputError for what no process can be given.
    """
    values = tuple(dict.fromkeys(secret.value for secret in subject.secrets))
    planned = {name: str(word) for name, word in subject.config.environment}
    made = tuple(changes(subject.caller, planned, subject.installation, values))
    environment = changed(subject.caller, made)
    argv = _argv(subject)
    _check_words(argv, environment)
    hidden = (value for name, value in environment.items() if name in SECRET_VARIABLES and value)
    return StartCommand(
        argv, environment, _folder(), _stdin(subject.secrets),
        tuple(dict.fromkeys(value for value in (*values, *hidden) if len(value) >= SHORTEST_SECRET)), made,
    )  # fmt: skip


def deploy_program(installation: Installation) -> str:
    """The file that ``swift deploy`` runs, found without importing anything."""
    for place in installation.places:
        program = Path(place or ".") / _PROGRAM
        if is_file(program):
            return str(program.absolute())
    version = installation.packages.get("ms-swift", "of an unknown version")
    raise MachineError(
        f"ms-swift {version} of {installation.prefix} has no {_PROGRAM}",
        "install it again: pip install --force-reinstall --no-deps ms-swift",
    )


def words_of(config: DeployConfig) -> tuple[str, ...]:
    """The flags as words; one that starts with a dash is glued to its flag, or argparse would take it for another."""
    words: list[str] = []
    for flag in config.flags:
        values = [str(word) for word in flag.words]
        words += [f"--{flag.name}={values[0]}"] if is_glued(flag) else [f"--{flag.name}", *values]
    return tuple(words)


def _argv(subject: Subject) -> tuple[str, ...]:
    bootstrap = ("-c", _BOOTSTRAP) if subject.secrets else ()
    program = deploy_program(subject.installation)
    return (subject.installation.interpreter, *bootstrap, program, *words_of(subject.config))


def _check_words(argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Words and variables are handed over as texts that end at a NUL byte, and a variable's name at its equals sign."""
    for name, value in environment.items():
        if not name or "=" in name or "\0" in name + value:
            raise InputError(f"no process can be given the variable {name!r}", "look for a NUL byte or a misplaced =")
    bad = next((word for word in argv if "\0" in word), None)
    if bad is not None:
        raise InputError(f"no process can be given the word {bad!r}", "look for the NUL byte in it")


def _folder() -> str:
    """Where launch is called, which is where relative paths of the call begin."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        raise MachineError(
            "the folder that this was called in has been removed", "call it from one that is there"
        ) from None


def _stdin(secrets: tuple[Secret, ...]) -> str | None:
    return json.dumps([f"--{secret.flag}={secret.value}" for secret in secrets]) + "\n" if secrets else None

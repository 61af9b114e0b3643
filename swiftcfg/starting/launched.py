"""What is different where swiftcfg starts a call instead of a shell: rules that do not apply, programs in front."""

import re
from collections.abc import Iterator, Mapping, Sequence

from swiftcfg.errors import InputError
from swiftcfg.rule import Rule
from swiftcfg.script import Script
from swiftcfg.suppress import UNUSED_IGNORE

#: Rules on how a script starts and watches its server, and on a key among the words: launch does both in its own way.
_OF_THE_SCRIPT = ("RUN", "SEC009")

_OWN_WAY = "is not run: launch gives the server a session, a log and a watcher of its own"
_INHERITED = "is not carried out: put it in front of swiftcfg launch, and the server inherits it"
#: Programs in front of swift that a launch can do without, and what it says of them.
_LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        ("nohup", "setsid", "screen", "tmux", "byobu", "script", "unbuffer", "stdbuf", "catchsegv", "coproc", "tini",
         "dumb-init", "run-one", "systemd-run", "systemd-cat"), _OWN_WAY,
    ),
    **dict.fromkeys(
        ("nice", "ionice", "chrt", "taskset", "numactl", "prlimit", "cgexec", "setarch", "linux64", "prime-run",
         "systemd-inhibit", "proxychains", "proxychains4", "tsocks", "xvfb-run"), _INHERITED,
    ),
    **dict.fromkeys(("strace", "gdb", "py-spy", "nsys", "ncu", "time"), "is not run"),
    **dict.fromkeys(("direnv", "dotenv"), "is not run, and what it sets does not reach the server"),
    "flock": "is not run: launch lets no two servers have one name",
    "timeout": "is not carried out: the server is stopped by swiftcfg stop",
    "watch": "is not carried out: the server is started once",
}  # fmt: skip
#: Programs that mean nothing of their own here: what they do to the variables is in the call already.
_SILENT = frozenset({"bash", "sh", "dash", "zsh", "ksh", "busybox", "command", "builtin", "exec", "env"})
#: Programs that a launch cannot take the place of, why, and what to do instead.
_REFUSED: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("docker", "podman", "nerdctl", "docker-compose", "nvidia-docker", "apptainer", "singularity", "kubectl", "oc"),
        ("runs it in a container", "run swiftcfg launch inside the container"),
    ),
    **dict.fromkeys(
        ("chroot", "nsenter", "unshare", "ip"),
        ("runs it where files or networks are others", "run swiftcfg launch there"),
    ),
    **dict.fromkeys(("srun", "sbatch", "salloc"), ("runs it where Slurm says", "run swiftcfg launch inside the job")),
    **dict.fromkeys(
        ("sudo", "su", "runuser", "doas", "gosu", "su-exec", "s6-setuidgid", "sg"),
        ("runs it as another user", "run swiftcfg launch as that user instead"),
    ),
    **dict.fromkeys(("mpirun", "mpiexec"), ("runs it as one of several processes", "write the call without it")),
    "ssh": ("runs it on another machine", "run swiftcfg launch there"),
}
#: Programs that choose the environment of Python, which --python does here.
_CHOOSING = frozenset({
    "conda", "mamba", "micromamba", "uv", "uvx", "poetry", "pipenv", "pdm", "rye", "hatch", "pyenv", "pipx", "pixi",
})  # fmt: skip
#: All programs of which it is said what becomes of them.
PROGRAMS = frozenset({*_LEFT_OUT, *_SILENT, *_REFUSED, *_CHOOSING})

#: Commands that change the shell for what follows: how one begins, and what launch says of it.
_SHELL_STATE: tuple[tuple["re.Pattern[str]", str], ...] = (
    (re.compile(r"(?:cd|pushd)\b"), "is not carried out: the server is started in the folder that launch is called in"),
    (
        re.compile(r"(?:(?:source|\.)\s.*\bactivate\b|(?:conda|mamba|micromamba)\s+activate\b|module\s+load\b)"),
        "is not carried out: name the environment that serves with --python",
    ),
    (re.compile(r"(?:source|\.)\s"), "is not read, and what it sets does not reach the server"),
    (re.compile(r"ulimit\b"), "is not carried out: set limits before swiftcfg launch"),
)


def rules_of_a_launch(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that say something of a call that launch starts."""
    return tuple(rule for rule in rules if rule is not UNUSED_IGNORE and not rule.code.startswith(_OF_THE_SCRIPT))


def told_of_shell(text: str, script: Script) -> Iterator[str]:
    """What becomes of the commands before a call that change the shell it would run in."""
    for number, line in enumerate(text.splitlines()[: script.place.line - 1], start=1):
        for command in re.split(r"&&|;", line):
            why = next((why for start, why in _SHELL_STATE if start.match(command.strip())), None)
            if why:
                yield f"line {number}: {' '.join(command.split())[:60]} {why}"


def told_of_programs(script: Script, *, python_given: bool) -> tuple[str, ...]:
    """What becomes of the programs in front of a call; raises InputError for those that cannot be left out."""
    told = []
    for program in dict.fromkeys(script.programs):
        where = f"line {script.place.line}: {program}"
        if program in _REFUSED or (program in _CHOOSING and not python_given):
            why, hint = _REFUSED.get(program, ("chooses the Python environment", "name that environment with --python"))
            raise InputError(f"{where} {why}, which launch does not", hint)
        if program in _CHOOSING:
            told.append(f"{where} is not run: --python chooses the environment")
        elif program not in _SILENT:
            told.append(f"{where} {_LEFT_OUT.get(program, 'is not run')}")
    return tuple(told)

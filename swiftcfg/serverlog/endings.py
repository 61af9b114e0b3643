"""Endings: what the way a server ended tells by itself, where its log tells nothing better."""

from collections.abc import Mapping

from swiftcfg.serverlog.failures import Failure, Kind
from swiftcfg.values import dataclass

#: Who in the warden's house ended it -> sentence and remedy.
STOPS: Mapping[str, tuple[str, str]] = {
    "stop": ("the server was stopped", "start it again with swiftcfg launch"),
    "leash": ("the server was stopped because what had launched it ended", "launch with --detach to let it live on"),
    "guard": ("the server was stopped because its warden was gone", "start it again with swiftcfg launch"),
}

#: Kinds that only one process of several tells when another one was ended.
_ECHOES = frozenset({"communication", "killed", "unknown"})


@dataclass(frozen=True, slots=True)
class Ending:
    """What a way to end means. ``alone`` is true where no line of the log can mean more."""

    kind: Kind
    sentence: str
    remedy: str
    alone: bool = False

    def outweighs(self, failure: Failure) -> bool:
        return self.alone or failure.follower or failure.kind in _ECHOES


_MEMORY = (
    "free memory of the machine, raise the container's limit, or lower mm_processor_cache_gb and the number of "
    "processes that load"
)
_WAIT = "wait longer with --wait-timeout; a first start fetches the model and compiles kernels"
_KILLED_FOR_MEMORY = "the kernel ended a process of it: the machine (or the container) had no memory left"
_KILL = 9

#: By the number of the signal. Signals that a process cannot send itself by a fault are always somebody's.
_SIGNALS: Mapping[int, Ending] = {
    1: Ending("stopped", "the server was ended by SIGHUP: its terminal went away", "launch with --detach", alone=True),
    2: Ending("stopped", "the server was ended by SIGINT from outside", "start it again", alone=True),
    4: Ending("crash", "a process used an instruction that this processor lacks (SIGILL)", "install builds for it"),
    6: Ending("crash", "a library gave up (SIGABRT)", "the last lines of the log name it"),
    7: Ending(
        "shared memory",
        "a process touched shared memory that is not there (SIGBUS): there is too little of it",
        "give the container more shared memory (docker run --shm-size 16g, or --ipc host)",
    ),
    9: Ending(
        "killed",
        "the server was ended by SIGKILL from outside",
        "mostly it is the kernel, for want of memory: look at its log (dmesg) and at the container's limit",
        alone=True,
    ),
    11: Ending("crash", "a process crashed (SIGSEGV)", "versions that were not built for each other do this"),
    15: Ending("stopped", "the server was ended by SIGTERM from outside", "start it again", alone=True),
}


def signal_of(status: int | None) -> int | None:
    """The signal behind a status: -9, 128 + 9 of a shell, and 256 - 9 of a wrapper that passes -9 on."""
    for number in _SIGNALS:
        if status in {-number, 128 + number, 256 - number}:
            return number
    return None


def ending_of(status: int | None, oom_kills: int | None, stage: str) -> Ending | None:
    """What a status tells; None where the log must tell."""
    number = signal_of(status)
    if oom_kills:
        return Ending("host oom", _KILLED_FOR_MEMORY, _MEMORY, alone=number == _KILL)
    if number:
        return _SIGNALS[number]
    if status is None:
        return Ending("hung", f"the server has not left the stage {stage or 'imports'!r} in time", _WAIT)
    if status == 0:
        return Ending("stopped", "the server ended by itself, without an error", "start it again")
    return None

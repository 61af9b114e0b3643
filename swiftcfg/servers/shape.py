"""The shape of a state: what each of its fields may be, so that nobody who reads one has to doubt it again.

A file that a disk has damaged, that another program has written or that was copied from another server is none.
"""

import time
from collections.abc import Callable

#: A moment in UTC, to the second, as RFC 3339 writes it.
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
SCHEMA_VERSION = 1

#: The largest number of a process on Linux (include/linux/threads.h: PID_MAX_LIMIT); 1 is init, and never a server.
_PIDS = (2, 2**22)
#: Numbers of the kernel have 64 bits.
_MOST = 2**63
#: Longer than any that can be asked for. Chosen.
_LONGEST_GRACE_S = 1e6
#: The token is random, and long enough that nobody has the same.
_TOKEN_DIGITS = 32

Check = Callable[[object], bool]
Fields = dict[str, Check]


def fault_in(state: object, name: str) -> str | None:
    """What is wrong with the state of the server of that name, in words; None where nothing is."""
    if not isinstance(state, dict):
        return "it does not hold the state of a server"
    if state.get("schema_version") != SCHEMA_VERSION:
        return "another release of swiftcfg wrote it, or none"
    wrong = next((field for field, check in _STATE.items() if field not in state or not check(state[field])), None)
    if wrong is not None:
        return f"its {wrong} is not what a server's can be"
    return None if state["name"] == name else "it is the state of another server"


def is_grace(value: object) -> bool:
    """Whether that is a time in seconds to wait for."""
    return type(value) in (int, float) and 0 <= value <= _LONGEST_GRACE_S  # type: ignore[operator]


def _text(value: object) -> bool:
    return isinstance(value, str)


def _truth(value: object) -> bool:
    return isinstance(value, bool)


def _token(value: object) -> bool:
    return isinstance(value, str) and len(value) == _TOKEN_DIGITS and value.isascii() and value.isalnum()


def _moment(value: object) -> bool:
    try:
        time.strptime(value, TIME_FORMAT)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _whole(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _one_of(*words: str) -> Check:
    return lambda value: isinstance(value, str) and value in words


def _maybe(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _table(check: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


def _fields(needed: Fields, others: Fields | None = None) -> Check:
    """A table that has these fields, perhaps the others, and perhaps more."""

    def check(value: object) -> bool:
        if not isinstance(value, dict) or not needed.keys() <= value.keys():
            return False
        return all(right(value[name]) for name, right in {**needed, **(others or {})}.items() if name in value)

    return check


def _process(value: object) -> bool:
    """Number and start time, and nothing else."""
    return _IDENTITY(value) and len(value) == 2  # type: ignore[arg-type]  # noqa: PLR2004


_IDENTITY = _fields({"pid": _whole(*_PIDS), "start_ticks": _whole(0, _MOST)})
_ENDED = _fields({
    "status": _maybe(_whole(-_MOST, _MOST)), "by": _one_of("itself", "stop", "leash", "guard"),
    "killed": _list(_whole(*_PIDS)), "at": _moment, "tail": _list(_text),
})  # fmt: skip
#: What commands take from the record; a record that was begun has few of them yet.
_RECORD = _fields({}, {
    **dict.fromkeys(("model", "host", "backend", "url", "served_model_name"), _maybe(_text)),
    "ready_at": _maybe(_moment), "proved": _maybe(_truth), "versions": _table(_text), "variables": _table(_text),
    "measured": _table(_table(lambda _: True)),
})  # fmt: skip
_STATE: Fields = {
    "name": _text,
    "where": _fields({"host": _text, "boot_id": _text, "pid_namespace": _text}),
    "warden": _process,
    "guard": _maybe(_process),
    "server": _process,
    "token": _token,
    "phase": _one_of("starting", "stopping", "ended"),
    "detached": _truth,
    "grace_s": is_grace,
    "started_at": _moment,
    "log_lost": _maybe(_fields({"lines": _whole(0, _MOST), "why": _maybe(_text)})),
    "record": _RECORD,
    "ended": _maybe(_ENDED),
}

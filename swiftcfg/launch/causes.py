"""What a launch knows of a failure beside what the server's log says."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from packaging.version import Version

from swiftcfg.engine import BackendName
from swiftcfg.launch.follow import Follow
from swiftcfg.serverlog import Cause, Death, cause_of
from swiftcfg.units import duration

_VMSTAT = Path("/proc/vmstat")


def moved(asked: int, taken: int) -> Cause:
    """ms-swift found its port taken and took the next one (ms-swift@4.6.0:swift/utils/utils.py, find_free_port)."""
    return Cause(
        "port",
        f"the server listens on port {taken}: {asked} was taken after it was checked, and ms-swift moves on silently",
        f"see who has it: ss -ltnp 'sport = :{asked}'; or let launch choose: --port auto",
        {"asked_port": asked, "port": taken},
    )


def hung(follow: Follow, waited_s: float) -> Cause:
    """Nothing answered in time."""
    where = f"its log had come to: {follow.stage.name}" if follow.stage else "it had said nothing of its start"
    return Cause(
        "hung",
        f"the server did not answer within {duration(waited_s)}, and was stopped; {where}",
        "look at its last lines; if it was only slow, wait longer: --wait-timeout 30m",
        {"waited_s": waited_s},
    )


def silent(fault: str) -> Cause:
    """It lives, and a request that was to prove it got no answer."""
    return Cause(
        "hung",
        f"the server answered too little to be proved, and was stopped: {fault}",
        "look at its last lines; if it was only slow, wait longer: --wait-timeout 30m",
    )


def unproved(faults: Sequence[str]) -> Cause:
    """It serves, and not what was planned; the first fault says it, the others are in the table of requests."""
    more = f"; {len(faults) - 1} more above" if len(faults) > 1 else ""
    return Cause(
        "proof",
        f"what runs is not what was planned, and was stopped: {faults[0]}{more}",
        "mend what it names; to serve it all the same, launch with --no-proof",
    )


def heard(follow: Follow, backend: BackendName, ms_swift: Version, oom_kills: int | None) -> Cause:
    """What the server died of, from its end and its output."""
    ended = follow.ended or {}
    if follow.vanished:
        return Cause(
            "killed", "the process that watched the server was killed, and the server was ended with it",
            "start it again",
        )  # fmt: skip
    return cause_of(
        Death(
            status=ended.get("status"),
            lines=tuple(follow.witness.lines),
            stage=follow.stage.name if follow.stage else "",
            by=ended.get("by", "itself"),
            ms_swift=ms_swift,
            backend=backend,
            oom_kills=oom_kills,
        )
    )


def oom_kills() -> int | None:
    """How many processes the kernel has ended for want of memory since it started; None where it does not tell."""
    with suppress(OSError, ValueError):
        counts = dict(line.split() for line in _VMSTAT.read_text(encoding="ascii").splitlines())
        return int(counts["oom_kill"]) if "oom_kill" in counts else None
    return None

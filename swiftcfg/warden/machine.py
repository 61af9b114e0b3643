"""What the warden asks of the kernel about itself."""
# ruff: noqa: PTH208  (strings, not paths: pathlib is not light)

import os
import signal
from contextlib import suppress

_PR_SET_CHILD_SUBREAPER = 36  # include/uapi/linux/prctl.h


def become_subreaper() -> bool:
    """Orphans of the server become children of this process and not of init; False where that cannot be had."""
    try:
        import ctypes  # noqa: PLC0415  (a Python can be built without it)

        return not ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return False


def close_all_but(keep: set[int]) -> None:
    """Let go of whatever was inherited, and hand on nothing of what is kept."""
    for descriptor in (int(name) for name in os.listdir("/proc/self/fd")):
        if descriptor > 2 and descriptor not in keep:  # noqa: PLR2004
            with suppress(OSError):  # the one that listed them
                os.close(descriptor)
    for descriptor in keep:
        os.set_inheritable(descriptor, False)  # noqa: FBT003


def signal_pipe(*numbers: int) -> int:
    """A descriptor from which the numbers of signals can be read as they come."""
    reads, writes = os.pipe()
    for end in (reads, writes):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    for number in numbers:
        signal.signal(number, lambda *_: None)
    return reads

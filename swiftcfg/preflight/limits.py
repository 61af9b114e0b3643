"""Limits of the process that a server would inherit.

RLIMIT_MEMLOCK is not among them: what CUDA pins the driver locks, and only InfiniBand's verbs, which serve several
machines, count against it.
"""

import resource
from collections.abc import Iterator

from swiftcfg.preflight.known import Known
from swiftcfg.preflight.result import Problem, Said
from swiftcfg.units import gib
from swiftcfg.values import dataclass

#: Each request that is served holds a connection. vLLM's own program raises the limit to 65535
#: (vllm@0.32.0:vllm/utils/system_utils.py:241-253), ms-swift does not. Chosen.
_FILES = 1024


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """Soft limits; None where there is none."""

    open_files: int | None
    address_space: int | None
    file_size: int | None


def check_limits(known: Known) -> Iterator[Said]:
    yield from judge(see(), on_cpu=known.on_cpu is not None)


def see() -> ProcessLimits:
    return ProcessLimits(_soft(resource.RLIMIT_NOFILE), _soft(resource.RLIMIT_AS), _soft(resource.RLIMIT_FSIZE))


def _soft(kind: int) -> int | None:
    soft, _ = resource.getrlimit(kind)
    return None if soft == resource.RLIM_INFINITY else soft


def judge(limits: ProcessLimits, *, on_cpu: bool) -> Iterator[Said]:
    if limits.open_files is not None and limits.open_files < _FILES:
        yield Problem(
            "limits", "warning", f"a process may open {limits.open_files} files, and each connection is one",
            "raise it: ulimit -n 65535",
        )  # fmt: skip
    if limits.address_space is not None:
        reason = "PyTorch maps the weights" if on_cpu else "CUDA maps more than the card has"
        yield Problem(
            "limits", "warning" if on_cpu else "error",
            f"a process may map {gib(limits.address_space)} of memory, and {reason}", "ulimit -v unlimited",
        )  # fmt: skip
    if limits.file_size is not None:
        yield Problem(
            "limits", "warning", f"a file may grow to {limits.file_size} bytes; logs and downloads end there",
            "ulimit -f unlimited",
        )  # fmt: skip

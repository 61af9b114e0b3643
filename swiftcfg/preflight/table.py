"""The table of checks, in the order they are told."""

from collections.abc import Callable, Iterator

from swiftcfg.preflight.address import check_port
from swiftcfg.preflight.cards import check_gpus
from swiftcfg.preflight.host import check_memory
from swiftcfg.preflight.hub import check_download
from swiftcfg.preflight.known import Known
from swiftcfg.preflight.limits import check_limits
from swiftcfg.preflight.model_folder import check_model
from swiftcfg.preflight.named_files import check_files
from swiftcfg.preflight.result import Said
from swiftcfg.preflight.room import check_disk, check_shared_memory
from swiftcfg.preflight.software import check_software
from swiftcfg.preflight.written import check_settings
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, and the function that makes it."""

    name: str
    run: Callable[[Known], Iterator[Said]]


CHECKS = (
    Check("settings", check_settings),
    Check("software", check_software),
    Check("model", check_model),
    Check("files", check_files),
    Check("download", check_download),
    Check("gpus", check_gpus),
    Check("port", check_port),
    Check("disk", check_disk),
    Check("shared memory", check_shared_memory),
    Check("limits", check_limits),
    Check("memory", check_memory),
)

"""Ways to fail, one a row, more specific ones first."""

from swiftcfg.serverlog.failures.failure import Failure, Kind
from swiftcfg.serverlog.failures.machine import FOLLOWERS, MACHINE
from swiftcfg.serverlog.failures.memory import MEMORY
from swiftcfg.serverlog.failures.model import MODEL
from swiftcfg.serverlog.failures.settings import SETTINGS

#: The machine's come before the model's: "cannot open shared object file" of libcuda is about the driver.
FAILURES = (*MEMORY, *SETTINGS, *MACHINE, *MODEL, *FOLLOWERS)

__all__ = ["FAILURES", "Failure", "Kind"]

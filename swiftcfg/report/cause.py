"""What a server died of, for programs."""

from typing import Any

from swiftcfg.report.plain import plain
from swiftcfg.serverlog import Cause


def cause_data(cause: Cause) -> dict[str, Any]:
    """A cause for programs."""
    return {
        "kind": cause.kind,
        "sentence": plain(cause.sentence),
        "remedy": plain(cause.remedy),
        "figures": dict(cause.figures),
    }

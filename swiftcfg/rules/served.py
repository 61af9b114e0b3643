"""What a server is asked for: videos or none, and from where it can be reached."""

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Severity
from swiftcfg.rules.written import Written, in_force
from swiftcfg.script import Script
from swiftcfg.workload import Workload

_LOOPBACK = ("127.", "localhost", "::1")


def video_severity(settings: EngineSettings, workload: Workload | None) -> Severity | None:
    """How bad it is that videos fail: an error where they are asked for, None where there are to be none."""
    limit = settings.media_limits.get("video")
    if (limit and limit.count == 0) or (workload and not workload.videos_per_request):
        return None
    return "error" if limit or workload else "warning"


def host_of(script: Script, catalog: FlagCatalog) -> tuple[str, Written | None]:
    """The address that the server listens on, "" where it is not known, and the flag that says it."""
    one = in_force(script, catalog).get("host")
    if one:
        return one.word or "", one
    spec = catalog.get("host")
    return str(spec.default) if spec else "", None


def is_public(host: str) -> bool:
    """Whether other machines can reach an address."""
    return bool(host) and not host.startswith(_LOOPBACK)

"""Facts: all that is known of one deploy call, for rules to ask for by name."""

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any

from packaging.version import Version

from swiftcfg.config import DeployConfig
from swiftcfg.deployment import Deployment
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.gpu import Gpu
from swiftcfg.media import Size
from swiftcfg.memory import MemoryPlan
from swiftcfg.model import Model
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.script.breakages import Breakage
from swiftcfg.tokens import Limits
from swiftcfg.values import dataclass
from swiftcfg.workload import Workload

#: What people send where no workload says so: screens, and A4 pages at the usual scanner settings.
COMMON_SIZES = (
    Size(1920, 1080), Size(3840, 2160), Size(1240, 1754, 150), Size(1654, 2339, 200), Size(2480, 3508, 300),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call is written: the file as the user named it, its kind, its permission bits, its whole text.

    ``text`` is "" for a command given as words. ``mode`` is None where there is no file. ``calls`` are all of it.
    """

    name: str
    kind: str
    text: str
    mode: int | None = None
    calls: tuple[Script, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may ask for. None: not known, and ``reasons`` may say why."""

    origin: Origin
    script: Script
    config: DeployConfig
    catalog: FlagCatalog
    runtime: Runtime
    settings: EngineSettings
    model: Model | None = None
    limits: Limits | None = None
    gpus: tuple[Gpu, ...] | None = None
    deployment: Deployment | None = None
    memory: MemoryPlan | None = None
    workload: Workload | None = None
    sizes: tuple[Size, ...] = COMMON_SIZES
    breakages: tuple[Breakage, ...] = ()
    video_readers: Mapping[str, Version | None] | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)

    def known(self) -> dict[str, Any]:
        """The facts that are known, by name."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in found.items() if value is not None}

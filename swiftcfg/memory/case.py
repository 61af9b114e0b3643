"""Case: everything that one account depends on, resolved once."""

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.gpu import Gpu
from swiftcfg.memory.defaults import Batch
from swiftcfg.memory.loaded import dtype_width
from swiftcfg.memory.plan import Server
from swiftcfg.memory.versions import Behaviour
from swiftcfg.model import Model
from swiftcfg.values import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One model on one card under one version of vLLM, with limits filled in."""

    model: Model
    gpu: Gpu
    version: Version
    behaviour: Behaviour
    settings: EngineSettings
    server: Server
    batch: Batch

    @property
    def ranks(self) -> int:
        return self.settings.tensor_parallel_size

    @property
    def width(self) -> int:
        """Bytes of one activation."""
        return dtype_width(self.model, self.settings)

    @property
    def tower_ranks(self) -> int:
        """Ranks that share the vision tower: all, or each for itself in mode ``data``."""
        return 1 if self.settings.mm_encoder_tp_mode == "data" else self.ranks

    @property
    def several(self) -> bool:
        return self.ranks * self.settings.pipeline_parallel_size > 1

"""Path that may be taken for a hub id.

A path that begins with / must exist; any other word that is no folder where swift is started is taken for a hub id,
and ms-swift asks the network for half a minute before it gives up. It depends on the folder that the script is
started in.

Bad:

    swift deploy --model output/vx-my-model/merged --infer_backend vllm

Good:

    swift deploy --model /data/output/vx-my-model/merged --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.paths import is_relative_path
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "possible"
SOURCES = ("ms-swift@4.6.0:swift/utils/hub_utils.py, safe_snapshot_download",)


def check(script: Script, catalog: FlagCatalog, model: Model | None = None) -> Iterator[Finding]:
    given = in_force(script, catalog)
    for one in [given[name] for name in ("model", "ckpt_dir", "adapters") if name in given]:
        of_model = one.name != "adapters"
        for word in one.words or ():
            path = word if of_model else word.rpartition("=")[2]
            if is_relative_path(path) and not (of_model and model and model.local):
                yield Finding(
                    f"{path} is a hub id to ms-swift unless there is such a folder where the script is started",
                    one.use.place,
                    one.use.spelling,
                )

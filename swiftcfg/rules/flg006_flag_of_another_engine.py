"""Flag of an engine other than the one that serves.

Each engine reads its own flags. Those of another are accepted, and what they say is lost.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend sglang --vllm_max_model_len 8192

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend sglang --sglang_context_length 8192
"""

from collections.abc import Iterator

from swiftcfg.backend import owner, successor
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveFlag, RenameFlag
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/pipelines/infer/infer.py, get_infer_engine",)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    given = in_force(script, catalog)
    if "infer_backend" not in given:
        return
    for name in dict(settings.unread):
        reader = owner(name, catalog.version)
        if name not in given or reader in (None, settings.backend):
            continue
        one, own = given[name], successor(name, catalog, settings.backend)
        fix = Fix(f"leave out {one.use.spelling}", (RemoveFlag(one.use.name),), safe=False)
        if own and own not in given and owner(own, catalog.version) in (None, settings.backend):
            fix = Fix(f"write --{own}", (RenameFlag(one.use.name, own),))
        word = given["infer_backend"].word
        yield Finding(
            f"{one.shown} has no effect: only {reader} reads it, and --infer_backend is {word}",
            one.use.place,
            one.use.spelling,
            fix,
        )

"""Flags of an engine, and no --infer_backend.

Without ``--infer_backend`` ms-swift serves with transformers (called ``pt`` before 4.0): one request batch at a
time, no paged cache, and every ``vllm_``, ``sglang_`` or ``lmdeploy_`` flag is accepted and ignored.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --vllm_max_model_len 8192

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192
"""

from collections.abc import Iterator

from swiftcfg.backend import backend_word, owner
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/arguments/infer_args.py, infer_backend",)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    given, unread = in_force(script, catalog), dict(settings.unread)
    if "infer_backend" in given:
        return
    readers = {name: owner(name, catalog.version) for name in given if name in unread}
    lost = [name for name, reader in readers.items() if reader]
    if not lost:
        return
    wanted = {reader for reader in readers.values() if reader}
    word = min(wanted)
    shown = ", ".join(given[name].use.spelling for name in lost)
    yield Finding(
        f"without --infer_backend the server is {backend_word(settings.backend, catalog.version)}, and {shown} "
        f"{'has' if len(lost) == 1 else 'have'} no effect",
        given[lost[0]].use.place,
        "--infer_backend",
        Fix(f"add --infer_backend {word}", (SetFlag("infer_backend", word),)) if len(wanted) == 1 else None,
    )

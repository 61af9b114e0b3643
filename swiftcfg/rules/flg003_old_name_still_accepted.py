"""Old name of a vLLM flag that this release still accepts.

ms-swift 3.7 to 3.9 copy six names from before 3.7 over the new ones without a word, so that the old name wins
where both are given. From 3.10 on the old names end with ``remaining_argv``, except ``--max_model_len``: that is
accepted and does not reach vLLM, but for 4.0 to 4.4, where it does through a configuration that both share.

Checked with: --ms-swift 3.8.1

Bad:

    swift deploy --model Qwen/Qwen2-VL-7B-Instruct --infer_backend vllm --gpu_memory_utilization 0.9

Good:

    swift deploy --model Qwen/Qwen2-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.9
"""

from collections.abc import Iterator, Mapping

from swiftcfg.backend import ALIASED, ALIASED_UNTIL, PREFIXED
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveFlag, RenameFlag
from swiftcfg.rules.written import Written, in_force
from swiftcfg.script import Script
from swiftcfg.settings.draft import EDITS_CONTEXT

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@3.7.0:swift/trainers/arguments.py:179-203",
    "ms-swift@4.0.0:swift/model/register.py:213-242 and swift/infer_engine/vllm_engine.py; gone in 4.5.0",
)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    if settings.backend != "vllm":
        return
    unread, given = dict(settings.unread), in_force(script, catalog)
    if PREFIXED <= catalog.version < ALIASED_UNTIL:
        for old in sorted(ALIASED & given.keys() - unread.keys()):
            yield _aliased(old, given, catalog)
    elif EDITS_CONTEXT[0] <= catalog.version < EDITS_CONTEXT[1] and "max_model_len" in given:
        use = given["max_model_len"].use
        if "vllm_max_model_len" not in given:
            message = f"--max_model_len reaches vLLM by a detour, which ends with ms-swift {EDITS_CONTEXT[1]}"
            fix = Fix("write --vllm_max_model_len", (RenameFlag(use.name, "vllm_max_model_len"),))
            yield Finding(message, use.place, use.spelling, fix)


def _aliased(old: str, given: Mapping[str, Written], catalog: FlagCatalog) -> Finding:
    use, new = given[old].use, f"vllm_{old}"
    if new in given:
        message = f"--{old} and --{new} are both given, and ms-swift {catalog.version} takes --{old}"
        fix = Fix(f"leave out --{new}", (RemoveFlag(given[new].use.name),), safe=False)
    else:
        message = f"--{old} has been --{new} since {PREFIXED}, and ms-swift {ALIASED_UNTIL} reads it no more"
        fix = Fix(f"write --{new}", (RenameFlag(use.name, new),))
    return Finding(message, use.place, use.spelling, fix, severity="error" if new in given else None)

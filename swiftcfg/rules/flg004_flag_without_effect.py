"""Flag that is accepted and has no effect.

ms-swift takes it and nobody reads it: not this release, or not this engine. The best known is
``--max_model_len``, which set the context of vLLM until 3.9 and only edits RoPE scaling since; vLLM then plans
for the model's full context, and the start fails for want of memory.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --max_model_len 8192

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_max_model_len 8192
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveFlag, RenameFlag
from swiftcfg.rules.releases import effective
from swiftcfg.rules.written import Written, in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/rlhf_trainers/args_mixin.py:76-82",
    "https://github.com/modelscope/ms-swift/issues/4464",
    "https://github.com/modelscope/ms-swift/issues/3363",
)

#: What is lost with them decides whether the server fits and starts. PAR003 speaks of data parallelism.
_SEVERE = frozenset({"max_model_len", "quant_bits", "quant_method", "vllm_quantization"})
_ELSEWHERE = frozenset({"data_parallel_size", "vllm_data_parallel_size"})


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    given, unread = in_force(script, catalog), dict(settings.unread)
    for row in catalog.no_effect:
        if row.flag not in unread or row.flag in _ELSEWHERE or not row.applies(catalog.version, settings.backend):
            continue
        one = given[row.flag]
        yield Finding(
            f"{one.shown} has no effect: {unread[row.flag]}",
            one.use.place,
            one.use.spelling,
            _fix(one, effective(row, catalog, settings.backend), given),
            severity="error" if row.flag in _SEVERE else None,
        )
    yield from _adapters(given, unread)


def _fix(one: Written, plain: str | None, given: dict[str, Written]) -> Fix:
    """Rename it; leave it out, which takes a look where nothing else says what it was meant to do."""
    if plain and plain not in given:
        return Fix(f"write --{plain}", (RenameFlag(one.use.name, plain),))
    safe = plain is not None or one.name not in _SEVERE
    return Fix(f"leave out {one.use.spelling}", (RemoveFlag(one.use.name),), safe=safe)


def _adapters(given: dict[str, Written], unread: dict[str, str]) -> Iterator[Finding]:
    """SGLang and LMDeploy serve the bare model: everything the adapter learnt is lost."""
    if "adapters" in unread:
        use = given["adapters"].use
        yield Finding(f"--adapters has no effect: {unread['adapters']}", use.place, use.spelling, severity="error")

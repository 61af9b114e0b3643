"""Flag that no ms-swift release has.

ms-swift parses everything, loads the model's configuration, and only then ends with ``ValueError:
remaining_argv``, 10 to 20 seconds after the start. ``--ignore_args_error true`` turns that into a warning, and
the flag has no effect.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilisation 0.9

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.9
"""

from collections.abc import Iterator
from difflib import SequenceMatcher

from swiftcfg.backend import ENGINE_KEYS, route
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RenameFlag
from swiftcfg.rules.releases import is_unheard_of
from swiftcfg.rules.written import flags_of, forgiven, in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/pipelines/base.py:34-41",)

#: Names that differ by a slip or two are this alike; then there is no doubt what was meant.
_ALIKE = 0.9


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    known, given = forgiven(script, catalog), in_force(script, catalog)
    for one in flags_of(script, catalog):
        if one.match.spec or one.match.candidates or not is_unheard_of(one.name, catalog, settings.backend):
            continue
        outcome = "it is dropped with a warning" if known else "the start fails"
        meant = _meant(one.name, catalog, settings)
        key = route(settings.backend, one.name, catalog.version)
        if key and key.key and one.name in ENGINE_KEYS:
            outcome += f"; it is a key of --{key.flag}: '{{\"{key.key}\": …}}'"
        elif meant:
            outcome += f"; did you mean --{meant}?"
        sure = meant and meant not in given and SequenceMatcher(a=one.name, b=meant).ratio() >= _ALIKE
        yield Finding(
            f"ms-swift {catalog.version} has no {one.use.spelling}: {outcome}",
            one.use.place,
            one.use.spelling,
            Fix(f"write --{meant}", (RenameFlag(one.use.name, meant),)) if meant and sure else None,
            severity="warning" if known else None,
        )


def _meant(name: str, catalog: FlagCatalog, settings: EngineSettings) -> str | None:
    """The nearest flag; where that one has no effect, the one that sets it."""
    near = next(iter(catalog.nearest(name, 1)), None)
    for row in catalog.no_effect:
        if row.flag == near and row.instead and row.applies(catalog.version, settings.backend):
            instead = route(settings.backend, row.instead, catalog.version)
            return instead.flag if instead and instead.key is None else near
    return near

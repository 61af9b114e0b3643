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

from swiftcfg.backend import route
from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RenameFlag
from swiftcfg.rules.releases import effective, is_unheard_of
from swiftcfg.rules.written import Written, flags_of, forgiven, in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/pipelines/base.py:34-41",)

#: Names that differ by a slip or two are this alike; then there is no doubt what was meant.
_ALIKE = 0.9


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    known, given = forgiven(script, catalog), in_force(script, catalog)
    for one in flags_of(script, catalog):
        if one.match.candidates or not is_unheard_of(one.name, catalog, settings.backend):
            continue
        outcome = "it is dropped with a warning" if known else "the start fails"
        way = route(settings.backend, one.name, catalog.version)
        meant = way.flag if way else _meant(one.name, catalog, settings)
        if way and way.key:
            outcome += f"; it is a key of --{way.flag}: '{{\"{way.key}\": …}}'"
        elif meant:
            outcome += f"; did you mean --{meant}?"
        yield Finding(
            f"ms-swift {catalog.version} has no {one.use.spelling}: {outcome}",
            one.use.place,
            one.use.spelling,
            _fix(one, meant) if meant not in given else None,
            severity="warning" if known else None,
        )


def _meant(name: str, catalog: FlagCatalog, settings: EngineSettings) -> str | None:
    """The nearest flag; where that one has no effect in some release, the one that surely sets it."""
    near = next(iter(catalog.nearest(name)), None)
    for row in catalog.no_effect:
        if row.flag == near:
            return effective(row, catalog, settings.backend) or near
    return near


def _fix(one: Written, meant: str | None) -> Fix | None:
    """The name that was meant, where there is no doubt."""
    if meant is None or SequenceMatcher(a=one.name, b=meant).ratio() < _ALIKE:
        return None
    return Fix(f"write --{meant}", (RenameFlag(one.use.name, meant),))

"""Flag written short.

argparse takes any beginning of a name that only one flag has. The next release may add a flag that begins the
same, and the start then fails with ``ambiguous option``; it already does where several flags begin so.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu 0.8

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_gpu_memory_utilization 0.8
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RenameFlag
from swiftcfg.rules.written import flags_of
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "python@3.12:Lib/argparse.py, allow_abbrev",
    "https://github.com/modelscope/ms-swift/issues/5199",
)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one in flags_of(script, catalog):
        if one.match.abbreviated and one.match.spec:
            full = f"{'no_' * one.match.negated}{one.name}"
            yield Finding(
                f"{one.use.spelling} is taken for --{full} as long as no other flag begins like that",
                one.use.place,
                one.use.spelling,
                Fix(f"write --{full}", (RenameFlag(one.use.name, full),)),
            )
        elif one.match.candidates and not catalog.lifetimes(one.name):
            several = ", ".join(f"--{name}" for name in dict.fromkeys(_names(one.match.candidates)))
            yield Finding(
                f"{one.use.spelling} could be {several}: the start fails with 'ambiguous option'",
                one.use.place,
                one.use.spelling,
                severity="error",
            )


def _names(candidates: tuple[str, ...]) -> Iterator[str]:
    """Each name once, not with hyphens again."""
    return (name.replace("-", "_") for name in candidates)

"""Variable with a slip in its name.

Nothing tells of a variable that nobody reads: with MAX_PIXEL or IMAGE_MAX_PIXELS set, images stay as large as
they come. ms-swift reads names in capitals only.

Bad:

    MAX_PIXEL=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RenameVariable
from swiftcfg.rules.known_variables import KNOWN, nearest
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/modelscope/ms-swift/issues/3399",
    "https://github.com/modelscope/ms-swift/issues/3504",
)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    present = in_force(script, catalog)
    for one in present.values():
        meant = None if one.name in KNOWN else nearest(one.name)
        if meant is None or (meant in present and meant == one.name.upper()):  # a helper of the shell: n=2 N=$n
            continue
        free = meant not in present and not one.by_flag
        yield Finding(
            f"nothing reads {one.name}={one.text}; did you mean {meant}?",
            one.place,
            one.name,
            Fix(f"write {meant}", (RenameVariable(one.name, meant),)) if free else None,
        )

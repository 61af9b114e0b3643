"""Variable of another family of models.

MAX_PIXELS and its like are read for the Qwen-VL line. InternVL counts tiles (MAX_NUM), MiniCPM-V slices
(MAX_SLICE_NUMS), and many read none. With vLLM even those are mostly ignored, because the template's own
preprocessing does not run there.

Bad:

    MAX_PIXELS=1003520 swift deploy --model OpenGVLab/InternVL3-8B --infer_backend vllm

Good:

    swift deploy --model OpenGVLab/InternVL3-8B --infer_backend vllm --max_pixels 1003520
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.families import SIZES, family_of
from swiftcfg.rules.variables import in_force
from swiftcfg.rules.written import in_force as flags_in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/template/base.py:1559-1571",
    "https://github.com/modelscope/ms-swift/issues/7631",
    "https://github.com/modelscope/ms-swift/issues/6191",
)


def check(
    script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model | None = None
) -> Iterator[Finding]:
    family = family_of(flags_in_force(script, catalog), model)
    if family is None:
        if model is not None and not model.sees and model.text is not None:
            yield from _for_text_alone(script, catalog, model.name)
        return
    engine = settings.backend != "transformers"
    reads = family.engine_reads if engine else family.reads
    for one in in_force(script, catalog).values():
        if one.name not in SIZES or one.name in reads:
            continue
        where = f" with {settings.backend}" if one.name in family.reads else ""
        known = ", ".join(sorted(reads)) or family.instead
        sizes = f", and for the size of images {family.instead}" if engine and reads else ""
        yield Finding(
            f"{one.name}={one.text} has no effect: for {family.name} ms-swift does not read it{where}; what counts is "
            f"{known}{sizes}",
            one.place,
            one.name,
        )


def _for_text_alone(script: Script, catalog: FlagCatalog, name: str) -> Iterator[Finding]:
    for one in in_force(script, catalog).values():
        if one.name in SIZES:
            yield Finding(f"{one.name}={one.text} has no effect: {name} takes no images", one.place, one.name)

"""Cap that is cut to whole tokens.

From qwen-vl-utils 0.0.13 on caps are counted in tokens: MAX_PIXELS and its like are divided by the pixels of one
(784 with sides of 28, 1024 with sides of 32), and the rest is dropped without a word.

Bad:

    MAX_PIXELS=1000000 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.variables import counts_the_other, in_force
from swiftcfg.script import Script
from swiftcfg.tokens import CONVERSIONS, Limits
from swiftcfg.tokens.releases import CONVERTS
from swiftcfg.units import whole

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/model/models/qwen.py:758-770",)


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    if not limits.library.in_tokens or catalog.version < CONVERTS:
        return
    given, area = in_force(script, catalog), limits.constants.factor**2
    for pixels, tokens in CONVERSIONS.items():
        one = given.get(pixels)
        number = whole(one.text.strip()) if one else None
        if one is None or number is None or tokens in given or counts_the_other(one):
            continue
        count, rest = divmod(number, area)
        if count and rest:
            fix = Fix(f"write {pixels}={count * area}", (SetVariable(pixels, str(count * area)),))
            yield Finding(
                f"{pixels}={one.text} becomes {count * area} pixels, {count} tokens of {area}: {rest} are dropped",
                one.place,
                one.name,
                None if one.by_flag else fix,
            )

"""Variable that is set to nothing.

An empty value counts as not set, and images stay as large as they come. Often a variable of the script, meant to
fill it, is empty or misspelt.

Bad:

    MAX_PIXELS= swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.families import SIZES
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/utils/env.py, get_env_args",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one in in_force(script, catalog).values():
        if one.name in SIZES and not one.text.strip():
            yield Finding(f"{one.name} is empty, which counts as not set", one.place, one.name)

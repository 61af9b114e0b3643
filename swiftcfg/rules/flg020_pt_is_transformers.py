"""The backend called pt.

Since ms-swift 4.0 it is called transformers; ``pt`` is accepted with a warning.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend pt

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/arguments/infer_args.py:204-206",)

_RENAMED = Version("4.0.0")


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    one = in_force(script, catalog).get("infer_backend")
    if one and one.word == "pt" and catalog.version >= _RENAMED:
        yield Finding(
            f"ms-swift {catalog.version} calls the backend pt transformers",
            one.use.place,
            one.use.spelling,
            Fix("write transformers", (SetFlag(one.use.name, "transformers"),)),
        )

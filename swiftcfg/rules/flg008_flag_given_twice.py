"""Flag given twice.

The last use wins and nothing says so: whoever edits the first changes nothing.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000 --port 8001

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8001
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.written import flags_of, in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("python@3.12:Lib/argparse.py, _StoreAction",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    last = in_force(script, catalog)
    for one in flags_of(script, catalog):
        if not one.match.spec or last[one.name].use is one.use:
            continue
        same = last[one.name].use.words == one.use.words and last[one.name].match.negated == one.match.negated
        yield Finding(
            f"{one.shown} has no effect: line {last[one.name].use.place.line} gives {last[one.name].shown}",
            one.use.place,
            one.use.spelling,
            severity="info" if same else None,
        )

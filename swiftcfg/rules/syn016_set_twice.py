"""Variable that is set twice before the command.

Only the last value counts. The first one is often the one that somebody meant to change.

Bad:

    export MAX_PIXELS=1003520
    export MAX_PIXELS=602112
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    export MAX_PIXELS=602112
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.known_variables import KNOWN
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Shell-Parameters",)


def check(script: Script) -> Iterator[Finding]:
    now = {use.name: use for use in script.variables}
    for use in script.replaced:
        if use.name in KNOWN and use.name in now:
            last = now[use.name]
            value = last.word if isinstance(last.word, str) else last.word.expression
            yield Finding(
                f"{use.name}={use.word} has no effect: line {last.place.line} sets it to {value}", use.place, use.name
            )

"""Variable that is set after the command.

A program gets the variables that are set when it starts. One that is set below the last ``swift deploy`` changes
nothing, whether the server runs in the background or not.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm &
    export MAX_PIXELS=1003520

Good:

    export MAX_PIXELS=1003520
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm &
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.known_variables import KNOWN
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Environment",)


def check(script: Script) -> Iterator[Finding]:
    for use in script.later:
        if use.name in KNOWN:
            yield Finding(
                f"{use.name} is set after swift deploy has been started, which does not get it", use.place, use.name
            )

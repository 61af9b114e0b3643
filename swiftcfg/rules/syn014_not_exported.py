"""Variable that is not exported.

``NAME=value`` on a line of its own sets a variable of the shell; programs do not get it. It must be exported, or
stand on the same line as the command (with a backslash where that is continued).

Bad:

    MAX_PIXELS=1003520
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    export MAX_PIXELS=1003520
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding, Fix, ReplaceText
from swiftcfg.rules.known_variables import KNOWN
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Environment",)


def check(script: Script) -> Iterator[Finding]:
    present = {use.name for use in script.variables}
    for use in script.kept_back:
        if use.manner == "shell" and use.name in KNOWN - present:
            fix = Fix("export it", (ReplaceText(use.span.start, use.span.start, "export "),)) if use.span else None
            yield Finding(f"{use.name} is set but not exported: swift does not get it", use.place, use.name, fix)

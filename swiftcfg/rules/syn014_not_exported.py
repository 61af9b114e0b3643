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
from swiftcfg.rules.known_variables import KNOWN, nearest
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Environment",)


def check(script: Script) -> Iterator[Finding]:
    present = {use.name for use in script.variables}
    for use in script.kept_back:
        meant = _meant(use.name)
        if use.manner == "shell" and meant is not None and meant not in present:
            fix = Fix("export it", (ReplaceText(use.span.start, use.span.start, "export "),)) if use.span else None
            slip = "" if meant == use.name else f", and nothing reads it: {meant} is meant"
            yield Finding(f"{use.name} is set but not exported: swift does not get it{slip}", use.place, use.name, fix)


def _meant(name: str) -> str | None:
    """The variable that a name stands for; small letters are for the shell's own."""
    return name if name in KNOWN else nearest(name) if name.isupper() else None

"""Line that starts with a flag, after a line that does not go on.

The command ends with the line before, and starts without the flags that follow. Bash takes each of the lines
below for a command called like its first word, and finds none.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct
        --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\
        --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found, shown
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Escape-Character",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "missing backslash":
            message = f"no backslash ends this line, so the command ends here{shown(one.lost)}"
            yield found(one, message, "continue the line")

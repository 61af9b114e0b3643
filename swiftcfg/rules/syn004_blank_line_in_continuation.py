"""Empty line between continued lines.

A backslash joins the next line to its own. Where that is empty the command ends: what follows is a command of
its own, which bash does not find.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\

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
        if one.kind == "blank line in continuation":
            message = f"the continued line is empty, so the command ends here{shown(one.lost)}"
            yield found(one, message, "remove the empty line")

"""Comment between continued lines.

A backslash joins the next line to its own. Where that is a comment, all of it is comment up to the end of the
line, and the command ends there: what follows is a command of its own. People do this to switch a flag off.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\
        # --max_new_tokens 2048 \\
        --infer_backend vllm

Good:

    # --max_new_tokens 2048
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\
        --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found, shown
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Comments",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "comment in continuation":
            message = f"this comment is part of the continued line, so the command ends with it{shown(one.lost)}"
            yield found(one, message, "put the comment above the command")

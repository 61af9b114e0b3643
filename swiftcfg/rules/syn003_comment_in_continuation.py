"""Comment between continued lines.

A backslash joins the next line to its own. Where that is a comment, all of it is comment up to the end of the
line, and the command ends there: what follows is a command of its own. People do this to switch a flag off. Variables
in front of such a comment are set for the shell alone.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\
        # --max_new_tokens 2048 \\
        --infer_backend vllm

Good:

    # --max_new_tokens 2048
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\
        --infer_backend vllm
"""

import re
from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found, shown
from swiftcfg.script import Script
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Comments",)

#: The name that an assignment begins with.
_NAME = re.compile(r"(?<!\S)([A-Za-z_]\w*)\+?=")


def check(breakages: tuple[Breakage, ...], script: Script | None = None) -> Iterator[Finding]:
    held_back = {use.name for use in script.kept_back} if script else set()
    for one in breakages:
        if one.kind == "comment in continuation":
            cut = [name for name in _NAME.findall(one.before) if name in held_back]
            lost = f"; swift never gets {', '.join(cut)}" if cut else shown(one.lost)
            if lost:
                message = f"this comment is part of the continued line, so the command ends with it{lost}"
                yield found(one, message, "put the comment above the command")

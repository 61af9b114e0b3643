"""Blank after the backslash that should continue a line.

A backslash continues a line only as its very last character. In front of a blank it means that blank: swift gets
a word that is one blank, the command ends with the line, and bash takes the next line for a command of its own.
Editors do not show it; copying out of a terminal or a chat makes it.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\\x20
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
        if one.kind == "blank after backslash":
            message = f"the backslash is followed by a blank, so the command ends here{shown(one.lost)}"
            yield found(one, message, "remove the blank")

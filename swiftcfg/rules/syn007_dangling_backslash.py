"""Backslash after the last word of a command.

It does no harm as long as the next line is empty. The day somebody writes a command there, its words become
words of this one.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \\

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found
from swiftcfg.script.breakages import Breakage

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Escape-Character",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "dangling backslash":
            message = "nothing follows this backslash; a line written below would become part of the command"
            yield found(one, message, "remove the backslash")

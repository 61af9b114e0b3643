"""Byte order mark at the start of a script.

To a shell the three bytes that Windows editors put in front of a file are part of its first word: ``#!/bin/bash``
is neither found as the interpreter nor taken for a comment, and the first command of a script is not found.

Bad:

    \ufeff#!/bin/bash
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    #!/bin/bash
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found
from swiftcfg.script.breakages import Breakage

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Definitions",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "byte order mark":
            message = "the file starts with a byte order mark, which bash takes for part of the first word"
            yield found(one, message, "remove it")

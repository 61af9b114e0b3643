"""Blank that is none to a shell.

Web pages and chats put no-break spaces and other wide blanks where a blank was typed. To a shell they are letters:
the words on both sides are one word.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend\u00a0vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found, names
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Definitions",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "Unicode blank":
            message = f"{names(one.lost)} is no blank to bash, which makes one word of what stands on both sides"
            yield found(one, message, "write a blank")

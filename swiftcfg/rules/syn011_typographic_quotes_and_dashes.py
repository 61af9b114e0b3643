"""Quotes and dashes of a word processor.

Curly quotes quote nothing: they become part of the value, and blanks between them split it. A long dash is not the
two hyphens that a flag starts with: swift takes the word for a value of the flag before.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \u2014infer_backend vllm --system \u201cYou see.\u201d

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --system "You see."
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found, names
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Quoting",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "typographic character":
            message = f"{names(one.lost)} means nothing to bash and becomes part of the word"
            yield found(one, message, "write the plain characters")

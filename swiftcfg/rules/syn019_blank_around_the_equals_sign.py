"""Blank around the equals sign.

In a shell ``MAX_PIXELS = 1003520`` runs a command called MAX_PIXELS, ``MAX_PIXELS= 1003520`` one called 1003520, and
``export MAX_PIXELS = 1003520`` exports a variable without a value. In all of them swift does not get the number.

Bad:

    export MAX_PIXELS = 1003520
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    export MAX_PIXELS=1003520
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator
from dataclasses import replace

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found
from swiftcfg.rules.known_variables import KNOWN
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Shell-Parameters",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        name = one.before.split()[-1] if one.before else ""
        if one.kind == "blank at equals sign" and name in KNOWN:
            outcome = f"{name} is exported without a value" if name != one.before else "bash looks for another command"
            message = f"with a blank at the equals sign {outcome}: swift does not get {name}={one.lost}"
            yield replace(found(one, message, "remove the blank"), subject=name)

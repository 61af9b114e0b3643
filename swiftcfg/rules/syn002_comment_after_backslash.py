"""Comment after the backslash that should continue a line.

A backslash continues a line only as its very last character. In front of a blank it means that blank, and a ``#``
right after that starts no comment: swift gets `` #`` and every word of the comment as values of the flag before,
and the command ends with the line.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\ # seven billion parameters
        --infer_backend vllm

Good:

    # seven billion parameters
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
        if one.kind == "comment after backslash":
            message = (
                f"a comment follows the backslash: its words go to swift, and the command ends here{shown(one.lost)}"
            )
            yield found(one, message, "put the comment above the command")

"""Text that a shell stops reading.

A quote that is never closed, or a parenthesis that nothing opened, ends the script there: bash has run the
lines before, says ``unexpected end of file`` or ``syntax error``, and runs nothing that follows.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
    echo 'it is up

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
    echo 'it is up'
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Exit-Status",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "fault":
            message = f"bash stops here: {one.lost}; nothing from this line on is run"
            yield found(one, message, "")

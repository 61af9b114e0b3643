"""Words glued together by a continued line.

A backslash at the end of a line takes itself and the line end away, and nothing comes in their place. Without a
blank on either side the last word of the line and the first word of the next become one word.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \\
        --max_new_tokens 2048\\
    --port 8000

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \\
        --max_new_tokens 2048 \\
    --port 8000
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found
from swiftcfg.script.breakages import Breakage

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Escape-Character",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "glued words":
            message = f"no blank stands between the two lines: bash makes one word of them, {one.before}{one.lost}"
            yield found(one, message, "put a blank in front of the backslash")

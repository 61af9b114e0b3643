"""Line ends of Windows.

Every line ends with a carriage return, which is an ordinary character to a shell: it becomes part of the last word
of each line (``vllm\\r`` is no engine), and after a backslash it is that which is taken away, so that the command
ends with its first line. The error messages look senseless because the character moves the cursor.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct \\\r
        --infer_backend vllm\r

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
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Definitions",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "carriage returns":
            message = f"lines end with a carriage return, which bash takes for part of the last word{shown(one.lost)}"
            yield found(one, message, "end lines with line feeds alone")

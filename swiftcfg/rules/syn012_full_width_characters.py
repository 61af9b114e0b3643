"""Full-width characters of an input method.

Chinese and Japanese input methods write wide forms of commas, colons, quotes, equals signs and letters. To a shell
and to ms-swift they are other characters.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend\uff1dvllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend=vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding
from swiftcfg.rules.breaking import found, names
from swiftcfg.script.breakages import Breakage

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Definitions",)


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind == "full-width character":
            message = f"{names(one.lost)} is not the character that it looks like, and becomes part of the word"
            yield found(one, message, "write the plain characters", safe=False)

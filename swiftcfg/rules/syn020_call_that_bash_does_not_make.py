"""Call of swift deploy that bash does not make.

The words are there, and a reader takes them for a command. Bash does not: it stops before it comes there, makes other
words of them, or takes them for words of another command. Nothing is started.

Where the text is no script, or nothing in it starts what is written, the finding only says that the call was not
checked.

Bad:

    MAX_PIXELS=1003520\\
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=1003520 \\
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.rule import Finding, Severity
from swiftcfg.script.breakages import Breakage, Kind

SEVERITY: Severity = "error"
CONFIDENCE = "certain"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Shell-Operation",)

_SAID: dict[Kind, tuple[Severity, str]] = {
    "hidden call": ("error", "bash does not run this swift deploy: it {}"),
    "call never run": ("warning", "bash reads this swift deploy and never comes to run it, so it was not checked"),
    "call not looked at": ("warning", "this swift deploy was not checked: it is not known here what would run it"),
}


def check(breakages: tuple[Breakage, ...]) -> Iterator[Finding]:
    for one in breakages:
        if one.kind in _SAID:
            severity, message = _SAID[one.kind]
            yield Finding(message.format(one.lost), one.place, severity=severity)

"""Word that no flag takes.

Whatever stands on the line and belongs to no flag ends with ``remaining_argv``, after the model's configuration
is loaded: a second value, an option with one dash, a lone backslash from a line that was joined.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000 8001

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000
"""

from collections.abc import Iterator

from swiftcfg.config import Unknown
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Severity
from swiftcfg.rules.written import flags_of, forgiven
from swiftcfg.script import Script, Stray

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/pipelines/base.py:34-41",
    "https://github.com/modelscope/ms-swift/issues/1122",
)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    severity: Severity | None = "warning" if forgiven(script, catalog) else None
    for stray in script.strays:
        if not isinstance(stray.word, Unknown) and stray != script.config_file():
            yield Finding(f"no flag takes {_shown(stray)}: the start fails", stray.place, severity=severity)
    for one in flags_of(script, catalog):
        refusal = one.refusal()
        if refusal and refusal.kind == "left over":
            yield Finding(f"{refusal.sentence}: the start fails", one.use.place, one.use.spelling, severity=severity)


def _shown(stray: Stray) -> str:
    word = str(stray.word)
    if not word.strip("\\ \t"):
        return f"the lone backslash {word!r}, which was meant to continue the line"
    if word.startswith("-"):
        return f"{word}, which has one dash"
    return repr(word)

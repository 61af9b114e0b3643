"""Word that no flag takes.

Whatever stands on the line and belongs to no flag ends with ``remaining_argv``, after the model's configuration
is loaded: a second value, an option with one dash, a lone backslash from a line that was joined.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000 8001

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000
"""

import re
from collections.abc import Iterator

from swiftcfg.config import Unknown
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Severity
from swiftcfg.rules.json_flags import is_json
from swiftcfg.rules.written import flags_of, forgiven
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/pipelines/base.py:34-41",
    "https://github.com/modelscope/ms-swift/issues/1122",
)


_BROKEN = "\\ \t\r\n"
#: Dashes, quotes and blanks that look like the plain ones.
_TYPOGRAPHIC = re.compile("[\u2010-\u2015\u2018-\u201e\u00a0\u3000\uff0d\u2212]")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*=")


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    severity: Severity | None = "warning" if forgiven(script, catalog) else None
    for stray in script.strays:
        word = stray.word
        if not isinstance(word, Unknown) and stray != script.config_file() and not _is_slip_of_the_shell(word, script):
            yield Finding(f"no flag takes {_shown(word)}: the start fails", stray.place, severity=severity)
    for one in flags_of(script, catalog):
        refusal, rest = one.refusal(), (one.words or ())[1:]
        if refusal and refusal.kind == "left over" and not any(_is_slip_of_the_shell(word, script) for word in rest):
            bare = is_json(one.name) and script.syntax == "shell" and not str((one.words or ("",))[0]).startswith('{"')
            hint = "; a shell takes JSON apart unless it stands in single quotes" if bare else ""
            message = f"{refusal.sentence}: the start fails{hint}"
            yield Finding(message, one.use.place, one.use.spelling, severity=severity)


def _is_slip_of_the_shell(word: str, script: Script) -> bool:
    """Whether a word comes of a backslash or a dash gone wrong in a script, which the SYN rules speak of."""
    return script.syntax == "shell" and (word != word.strip(_BROKEN) or bool(_TYPOGRAPHIC.search(word)))


def _shown(word: str) -> str:
    if not word.strip(_BROKEN):
        return f"the lone backslash {word!r}, which was meant to continue the line"
    if _VARIABLE.match(word):
        return f"{word}: a variable stands in front of the command"
    return f"{word}, which has one dash" if word.startswith("-") else repr(word)

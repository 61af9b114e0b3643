"""Key or token in the file.

What stands in a script ends in a repository. ms-swift has no other way to get its key than the command line, which
``ps`` shows and the log repeats in clear; the value can at least come from outside: ``"$SWIFT_API_KEY"``.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --api_key sk-1f0c8a52

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --api_key "$SWIFT_API_KEY"
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.secrets import secrets_of
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("run of ms-swift 4.6.0: the lines 'run sh:' and 'args:' of its log show the key",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for secret in secrets_of(script, catalog):
        yield Finding(
            f"the value of {secret.name} is written here; take it from a variable that is set outside",
            secret.place,
            secret.name,
        )

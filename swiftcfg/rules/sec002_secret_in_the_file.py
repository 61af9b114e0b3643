"""Key or token in the file.

What stands in a script ends in a repository. The value can come from outside: ``"$SWIFT_API_KEY"``. That keeps it out
of the file, not out of the process list and the log (``swiftcfg explain SEC009``).

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
SOURCES = ("https://docs.github.com/code-security/secret-scanning/introduction/about-secret-scanning",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for secret in secrets_of(script, catalog):
        yield Finding(
            f"the value of {secret.name} is written here; take it from a variable that is set outside",
            secret.place,
            secret.name,
        )

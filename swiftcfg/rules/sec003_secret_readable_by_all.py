"""File with a key that everybody can read.

The permissions of the file let every user of the machine read the key in it: ``chmod 600``.

Checked with: --mode 644

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --api_key sk-1f0c8a52

Checked with: --mode 600

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --api_key sk-1f0c8a52
"""

from collections.abc import Iterator

from swiftcfg.facts import Origin
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.secrets import secrets_of
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("POSIX.1-2017, chmod",)

_OTHERS_READ = 0o004


def check(origin: Origin, script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    if origin.mode is None or not origin.mode & _OTHERS_READ:
        return
    for secret in list(secrets_of(script, catalog))[:1]:
        message = f"{origin.name} holds {secret.name} and has mode {origin.mode & 0o777:o}: every user can read it"
        yield Finding(message, secret.place, secret.name)

"""Requests may name addresses of the inner network.

From 4.6.0 on ms-swift refuses image URLs that lead to addresses that are not public. SWIFT_ALLOW_INTERNAL_URL turns
that off for all: a client can make the server fetch cloud metadata and inner services. SWIFT_URL_ALLOWED_HOSTS
lets named hosts through.

Bad:

    SWIFT_ALLOW_INTERNAL_URL=1 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    SWIFT_URL_ALLOWED_HOSTS=images.example.org \
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/utils/url_utils.py",)

_OFF = ("", "0", "false", "no", "n", "f")


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    one = in_force(script, catalog).get("SWIFT_ALLOW_INTERNAL_URL")
    if one and one.text.strip().lower() not in _OFF:
        message = "clients can make the server fetch any inner address; SWIFT_URL_ALLOWED_HOSTS is narrower"
        yield Finding(message, one.place, one.name)

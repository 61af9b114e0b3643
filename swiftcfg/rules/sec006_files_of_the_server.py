"""Requests may name files of the server.

A request can give the path of an image instead of the image, and the server reads it with its own rights. From 4.6.0
on SWIFT_MEDIA_ALLOWED_DIRS restricts that to some folders; unset means any.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 0.0.0.0 --api_key "$KEY"

Good:

    SWIFT_MEDIA_ALLOWED_DIRS=/data/images \
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 0.0.0.0 --api_key "$KEY"
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.served import host_of, is_public
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/utils/media_utils.py",)

_SINCE = Version("4.6.0")


def check(script: Script, catalog: FlagCatalog, model: Model) -> Iterator[Finding]:
    host, one = host_of(script, catalog)
    limited = script.config().variable("SWIFT_MEDIA_ALLOWED_DIRS")
    if model.sees and is_public(host) and not limited and catalog.version >= _SINCE:
        yield Finding(
            "clients may name any image file that the server can read: SWIFT_MEDIA_ALLOWED_DIRS is not set",
            one.use.place if one else script.place,
            "SWIFT_MEDIA_ALLOWED_DIRS",
        )

"""Cap on images that a request can lift.

From 4.3.0 on a request's chat_template_kwargs reach the library that resizes, max_pixels and fps among them, up as
well as down: a client can send an image of 16,384 tokens past a MAX_PIXELS of a thousandth of that. What holds is
the context, the limits of media, and the memory that was planned.

Bad:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 0.0.0.0

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 127.0.0.1
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.served import host_of, is_public
from swiftcfg.rules.variables import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/template/templates/qwen.py:341,352",)

_SINCE = Version("4.3.0")
_CAPS = ("MAX_PIXELS", "IMAGE_MAX_TOKEN_NUM", "VIDEO_MAX_PIXELS", "VIDEO_MAX_TOKEN_NUM")


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    given = in_force(script, catalog)
    caps = [given[name] for name in _CAPS if name in given]
    if not caps or catalog.version < _SINCE or not is_public(host_of(script, catalog)[0]):
        return
    shown = f"{caps[0].name}={caps[0].text}"
    yield Finding(
        f"a request may ask for more than {shown} ({limits.image_max_tokens} tokens an image): its "
        "chat_template_kwargs win",
        caps[0].place,
        caps[0].name,
    )

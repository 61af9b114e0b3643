"""Upper limit of images below the lower one.

The server starts. From qwen-vl-utils 0.0.13 on every request with an image is then answered with status 400, ``The
max_pixels of image must be greater than or equal to min_pixels``; older releases shrink images to a few tokens.

Bad:

    MIN_PIXELS=1003520 MAX_PIXELS=602112 \
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=602112 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.variables import counts_the_other, in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py, smart_resize",)

_NAMES = ("MAX_PIXELS", "IMAGE_MAX_TOKEN_NUM", "MIN_PIXELS", "IMAGE_MIN_TOKEN_NUM")


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    high, low = limits.constants.image_max, limits.constants.image_min
    given = in_force(script, catalog)
    present = [given[name] for name in _NAMES if name in given]
    if high >= low or not present or any(map(counts_the_other, present)):
        return
    outcome = "is answered with status 400" if limits.library.in_tokens else "is shrunk to next to nothing"
    shown = " and ".join(f"{one.name}={one.text}" for one in present)
    yield Finding(
        f"with {shown} an image may have at most {high} pixels and at least {low}: every image {outcome}",
        present[0].place,
        present[0].name,
    )

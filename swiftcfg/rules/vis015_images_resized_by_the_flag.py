"""Images resized by --max_pixels before the model's own resize.

The flag is for families without a variable of their own: it scales each image to fit and rounds nothing, and the
model's library then rounds to whole tokens, up as well as down. Images are resampled twice and may exceed the limit.
MAX_PIXELS does it once, and exactly.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --max_pixels 1003520

Good:

    MAX_PIXELS=1003520 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.media import Size
from swiftcfg.rule import Finding, Fix, RemoveFlag, SetVariable
from swiftcfg.rules.caps import PIXELS, cap_of, name_of
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script
from swiftcfg.tokens import Limits

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/template/vision_utils.py:89-99", "ms-swift@4.6.0:swift/template/base.py:424-452")


def check(script: Script, catalog: FlagCatalog, limits: Limits, sizes: tuple[Size, ...]) -> Iterator[Finding]:
    one = in_force(script, catalog).get("max_pixels")
    if one is None or limits.flag_pixels is None:
        return
    cap = cap_of(script, catalog, limits)
    most = limits.flag_pixels // cap.area
    seen = [image for size in sizes if size.pixels > limits.flag_pixels and (image := cap.sized(size))]
    over = max(seen, key=lambda image: image.tokens, default=None)
    if over is None or not most or limits.constants.image_max < limits.flag_pixels:
        return
    beyond = f", {over.tokens} tokens where {most} are allowed" if over.tokens > most else ""
    changes = (SetVariable(PIXELS, str(limits.flag_pixels)), RemoveFlag(one.use.name))
    yield Finding(
        f"{one.shown} resizes images before the model's own resize does: {name_of(over.original)} becomes "
        f"{over.resized}{beyond}; {PIXELS} resizes once",
        one.use.place,
        one.use.spelling,
        Fix(f"write {PIXELS}={limits.flag_pixels}", changes, safe=False) if cap.name == PIXELS else None,
    )

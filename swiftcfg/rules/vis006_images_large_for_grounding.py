"""Images larger than grounding needs.

Larger is not always better: a maker of Qwen-VL names 1024 to 2048 tokens as the range in which boxes are best, and
on screenshots above 3000 pixels a smaller limit gave better boxes. Where the profile allows shrinking that far, try
both.

Checked with: --profile gui-mobile

Bad:

    MAX_PIXELS=12845056 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=1605632 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.caps import cap_of, name_of
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "possible"
SOURCES = ("https://github.com/ggml-org/llama.cpp/pull/16842", "https://github.com/Blaizzy/mlx-vlm/issues/1175")

_TASKS = ("grounding", "gui")
#: The upper end of the range that is named, and how far beyond it is worth a word.
_ENOUGH, _FAR = 2048, 1.5
#: Sides are rounded down to whole tokens, so that a little more is needed.
_ROUNDING = 1.05


def check(script: Script, catalog: FlagCatalog, limits: Limits, workload: Workload) -> Iterator[Finding]:
    if workload.task not in _TASKS:
        return
    cap = cap_of(script, catalog, limits)
    seen = [image for size, _ in workload.image_sizes() if (image := cap.sized(size))]
    largest = max(seen, key=lambda image: image.tokens, default=None)
    if largest is None:
        return
    fewest = max(_ENOUGH, int(largest.tokens * (workload.least_scale / min(1, *largest.scale)) ** 2 * _ROUNDING))
    if largest.tokens <= _FAR * fewest:
        return
    yield Finding(
        f"{name_of(largest.original)} is {largest.tokens} tokens; boxes are often best with 1024 to {_ENOUGH}, and "
        f"{workload.name} allows {fewest}: try {cap.name}={cap.written(fewest)}",
        cap.setting.place if cap.setting else script.place,
        cap.name,
    )

"""Cap larger than any image that is sent.

The cap is what memory and context must be planned for: an image of 16,384 tokens takes 2 to 2.5 GiB in the vision
tower of Qwen2.5-VL and a whole context of its own. Where requests never carry one, a cap just above the largest
keeps a stray photo from taking all of it.

Checked with: --profile gui-grounding-1080p

Bad:

    MAX_PIXELS=12845056 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=2109744 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix
from swiftcfg.rules.caps import cap_of, name_of
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.workload import Workload

SEVERITY = "info"
CONFIDENCE = "likely"
SOURCES = (
    "https://github.com/QwenLM/Qwen3-VL/issues/272",
    "https://github.com/InternLM/lmdeploy/issues/3352",
    "vllm@0.32.0:vllm/multimodal/encoder_budget.py",
)

#: A cap this much above the largest image is more than rounding.
_SPARE = 1.25


def check(script: Script, catalog: FlagCatalog, limits: Limits, workload: Workload) -> Iterator[Finding]:
    sizes = [size for size, _ in workload.image_sizes()]
    if not sizes or limits.flag_pixels:
        return
    cap = cap_of(script, catalog, limits)
    largest = max(sizes, key=cap.whole)
    tokens = cap.whole(largest)
    if limits.image_max_tokens <= _SPARE * tokens:
        return
    changes = cap.change(tokens)
    yield Finding(
        f"{cap.shown} lets in larger images than {workload.name} sends: {name_of(largest)} has {tokens} tokens",
        cap.setting.place if cap.setting else script.place,
        cap.name,
        Fix(f"write {cap.name}={cap.written(tokens)}", changes, safe=False) if changes else None,
    )

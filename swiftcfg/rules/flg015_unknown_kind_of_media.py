"""Limit for a kind of media that vLLM does not know.

``{"images": 5}`` is accepted and limits nothing: vLLM knows image, video and audio. The start-up profile then
counts with vLLM's own limits, and a request may carry 999 images.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt '{"images": 5}'

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt '{"image": 5}'
"""

import json
from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.json_flags import readings
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("vllm@0.23.0:vllm/config/multimodal.py:201-224",)

_KNOWN = ("image", "video", "audio", "vision_chunk")
_MEANT = {f"{kind}{end}": kind for kind in _KNOWN[:3] for end in ("s", "_url", "_count")} | {"img": "image"}


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one, reading in readings(script, catalog):
        if not one.name.endswith("limit_mm_per_prompt") or not isinstance(reading.value, dict):
            continue
        unknown = [kind for kind in reading.value if kind not in _KNOWN]
        if not unknown:
            continue
        renamed = {_meant(kind): limit for kind, limit in reading.value.items()}
        sure = renamed.keys() <= set(_KNOWN) and len(renamed) == len(reading.value)
        text = json.dumps(renamed)
        yield Finding(
            f"--{one.name}: vLLM knows no {', '.join(map(repr, unknown))}, and sets no limit for it",
            one.use.place,
            one.use.spelling,
            Fix(f"write {text}", (SetFlag(one.use.name, text),)) if sure else None,
        )


def _meant(kind: str) -> str:
    return _MEANT.get(kind.lower(), kind.lower())

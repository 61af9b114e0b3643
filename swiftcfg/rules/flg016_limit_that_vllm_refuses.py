"""Limit of media that this vLLM refuses.

Up to 0.11 vLLM takes a count for each kind; later also an object with count, width, height and num_frames, and
then no text any more.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt '{"image": "5"}'

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt '{"image": 5}'
"""

import json
from collections.abc import Iterator
from typing import Any

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.json_flags import readings
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("vllm@0.11.0:vllm/config/multimodal.py:23", "vllm@0.12.0:vllm/config/multimodal.py:16-40")


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    for one, reading in readings(script, catalog):
        if not one.name.endswith("limit_mm_per_prompt") or not isinstance(reading.value, dict) or reading.repaired:
            continue
        faults = [sentence for name, sentence in settings.problems if name == one.name]
        if faults:
            counts = {kind: _count(limit) for kind, limit in reading.value.items()}
            text = json.dumps(counts)
            sure = all(isinstance(count, int) for count in counts.values())
            yield Finding(
                f"--{one.name} {'; '.join(faults)}: the start fails",
                one.use.place,
                one.use.spelling,
                Fix(f"write {text}", (SetFlag(one.use.name, text),)) if sure else None,
            )


def _count(limit: Any) -> Any:
    """The number of items in a limit, however it is written."""
    count = limit.get("count") if isinstance(limit, dict) else limit
    return int(count) if isinstance(count, str) and count.isdecimal() else count

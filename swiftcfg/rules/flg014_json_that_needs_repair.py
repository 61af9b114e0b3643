"""JSON that ms-swift has to repair.

From 3.9 on ms-swift repairs what is no JSON, with a warning that nobody reads, and not always to what was
meant: ``{image:5,video:2}`` becomes ``{"image": "5", "video": 2}``, a text where newer vLLM wants a number.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_limit_mm_per_prompt '{image: 5}'

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

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/utils/utils.py:490-514",)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    refused = {name for name, _ in settings.problems}
    for one, reading in readings(script, catalog):
        if reading.unclear:
            message = f"--{one.name} {reading.text} is no JSON ({reading.unclear}): ms-swift guesses what it means"
            yield Finding(message, one.use.place, one.use.spelling)
        elif reading.repaired and isinstance(reading.value, dict):
            meant = json.dumps(_numbers(reading.value))
            outcome = f", and {settings.backend} refuses that" if one.name in refused else ""
            yield Finding(
                f"--{one.name} {reading.text} is no JSON: ms-swift makes {json.dumps(reading.value)} of it{outcome}",
                one.use.place,
                one.use.spelling,
                Fix(f"write {meant}", (SetFlag(one.use.name, meant),)),
                severity="error" if outcome else None,
            )


def _numbers(value: Any) -> Any:
    """The same with numbers where the repair made text of them."""
    if isinstance(value, dict):
        return {key: _numbers(inner) for key, inner in value.items()}
    return int(value) if isinstance(value, str) and value.isdecimal() else value

"""qwen-vl-utils too old for videos.

From 3.7.1 on ms-swift asks fetch_video for the sampled frames a second, which qwen-vl-utils before 0.0.9 cannot
tell: every video request fails, images do not.

Checked with: --ms-swift 3.8.1 --qwen-vl-utils 0.0.8

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Checked with: --ms-swift 3.8.1 --qwen-vl-utils 0.0.11

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.rule import Finding
from swiftcfg.rules.served import video_severity
from swiftcfg.script import Script
from swiftcfg.tokens import Limits
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@3.7.1:swift/llm/template/template/qwen.py, replace_tag",
    "qwen-vl-utils@0.0.8:src/qwen_vl_utils/vision_process.py, fetch_video",
)


def check(
    script: Script, settings: EngineSettings, limits: Limits, workload: Workload | None = None
) -> Iterator[Finding]:
    severity = video_severity(settings, workload)
    if limits.no_video and severity:
        yield Finding(f"every video fails: {limits.no_video}", script.place, severity=severity)

"""Videos of Qwen2.5-VL through a vLLM that ms-swift does not serve yet.

vLLM asks for metadata with every video of Qwen2.5-VL from 0.31 on, ms-swift up to 4.6.0 passes none: each request
with a video is answered with status 400 and an empty message. With 0.30 the processor refuses the frame rate.
Images and Qwen3-VL are fine.

Checked with: --vllm 0.32.0

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_limit_mm_per_prompt '{"image": 5, "video": 0}'
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.served import video_severity
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.workload import Workload

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "runs of ms-swift 4.6.0 with vLLM 0.30.0 and 0.32.0: Video metadata is required but not found in mm input",
    "ms-swift@4.6.0:swift/infer_engine/vllm_engine.py:455-487",
)

_BROKEN_SINCE, _NEWEST_READ = Version("0.30.0"), Version("4.6.0")


def check(
    script: Script, settings: EngineSettings, model: Model, runtime: Runtime, workload: Workload | None = None
) -> Iterator[Finding]:
    if settings.backend != "vllm" or model.vision is None or model.vision.kind != "qwen2_5_vl":
        return
    severity = video_severity(settings, workload)
    if severity and runtime.vllm and runtime.vllm >= _BROKEN_SINCE and runtime.ms_swift <= _NEWEST_READ:
        yield Finding(
            f"vLLM {runtime.vllm} asks for metadata that ms-swift {runtime.ms_swift} does not pass: every video is "
            "answered with an empty status 400; use vLLM 0.29 or older, or set the limit of videos to 0",
            script.place,
            severity=severity,
        )

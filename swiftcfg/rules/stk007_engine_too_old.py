"""Engine older than the model.

Each architecture came to vLLM and transformers with some release; an older one ends with ``Model architectures
[...] are not supported`` or ``does not recognize this architecture``.

Checked with: --ms-swift 3.9.3 --vllm 0.10.2

Bad:

    swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm

Checked with: --ms-swift 3.9.3 --vllm 0.11.0

Good:

    swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.engine import EngineSettings
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "vllm@0.10.2 and vllm@0.11.0:vllm/model_executor/models/qwen3_vl.py",
    "ms-swift@4.6.0:swift/model/models/qwen.py, requires",
)

#: Kind of vision tower -> the first vLLM and the first transformers that know it.
_SINCE = {
    "qwen2_vl": {"transformers": Version("4.45")},
    "qwen2_5_vl": {"transformers": Version("4.49")},
    "qwen3_vl": {"vllm": Version("0.11.0"), "transformers": Version("4.57")},
}


def check(script: Script, settings: EngineSettings, model: Model, runtime: Runtime) -> Iterator[Finding]:
    if model.vision is None:
        return
    for package, since in _SINCE[model.vision.kind].items():
        version = runtime.version_of(package)
        if version and version < since and (package != "vllm" or settings.backend == "vllm"):
            yield Finding(f"{package} {version} does not know {model.name}, only {since} and newer do", script.place)

"""Engine that is not installed.

``--infer_backend vllm`` imports vLLM, which is no dependency of ms-swift: without it the start ends with
``ModuleNotFoundError: No module named 'vllm'`` after 11 to 13 seconds. It is looked for beside ms-swift, in the
environment that ``--python`` names.

Checked with: --vllm none

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend transformers
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.written import in_force
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = ("ms-swift@4.6.0:swift/infer_engine/vllm_engine.py, imports",)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings, runtime: Runtime) -> Iterator[Finding]:
    one = in_force(script, catalog).get("infer_backend")
    origin = runtime.origins.get("vllm", "")
    if one and settings.backend == "vllm" and origin.startswith("not found"):
        yield Finding(f"vLLM is {origin}: the start ends with ModuleNotFoundError", one.use.place, one.use.spelling)

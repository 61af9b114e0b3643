"""ms-swift and qwen-vl-utils that do not go together.

ms-swift changes the library's constants while the model loads and requires certain versions of it: Qwen3-VL needs
ms-swift 3.9 and qwen-vl-utils 0.0.14, Qwen2-VL and Qwen2.5-VL refuse 0.0.12 and 0.0.13, and everything from 0.0.12
on before ms-swift 3.10.1.

Checked with: --ms-swift 3.9.3 --qwen-vl-utils 0.0.14

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Checked with: --ms-swift 3.9.3 --qwen-vl-utils 0.0.11

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.written import in_force
from swiftcfg.runtime import Runtime
from swiftcfg.script import Script
from swiftcfg.tokens import refusal_of

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@3.9.3:swift/llm/model/model/qwen.py, requires",
    "https://github.com/modelscope/ms-swift/issues/6371",
    "https://github.com/modelscope/ms-swift/issues/6432",
)


def check(script: Script, catalog: FlagCatalog, model: Model, runtime: Runtime) -> Iterator[Finding]:
    utils = runtime.qwen_vl_utils
    if model.vision is None or utils is None:
        return
    refusal = refusal_of(model.vision.kind, runtime.ms_swift, utils)
    if refusal and not refusal.starts:
        one = in_force(script, catalog).get("model")
        pair = f"ms-swift {runtime.ms_swift} with qwen-vl-utils {utils}"
        yield Finding(
            f"{pair} {refusal.fault}, so that {model.name} does not start; {refusal.remedy}",
            one.use.place if one else script.place,
            "--model",
        )

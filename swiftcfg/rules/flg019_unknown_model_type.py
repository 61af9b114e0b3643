"""Value of --model_type that this release does not know.

2.x had one model type for each checkpoint, such as ``qwen2-vl-7b-instruct``; since 3.0 it is the architecture,
``qwen2_vl``. A type that a release does not know ends with ``model_type: '…' not in [...]``.

Bad:

    swift deploy --model /models/vl --model_type qwen2-vl-7b-instruct --template qwen2_vl --infer_backend vllm

Good:

    swift deploy --model /models/vl --model_type qwen2_vl --template qwen2_vl --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.registered import unknown_value
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "ms-swift wheels 2.6.1 and 3.0.0 to 4.6.0, the classes LLMModelType and MLLMModelType",
    "ms-swift@4.6.0:swift/model/model_meta.py, _get_model_info",
)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    yield from unknown_value(script, catalog, "model_type", "model type")

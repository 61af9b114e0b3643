"""Value of --template that this release does not know.

Templates are called by their type, mostly that of the model: ``qwen2_5_vl``. Another word ends the start after the
model's configuration is loaded, with ``template_type: '…' not in [...]``, before 4.0 with a bare ``KeyError``. Files of
Jinja are no templates of ms-swift; ``--template_backend jinja`` takes that of the tokenizer.

Bad:

    swift deploy --model /models/vl --model_type qwen2_5_vl --template qwen2.5-vl --infer_backend vllm

Good:

    swift deploy --model /models/vl --model_type qwen2_5_vl --template qwen2_5_vl --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.registered import unknown_value
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "ms-swift wheels 3.0.0 to 4.6.0, the classes LLMTemplateType and MLLMTemplateType",
    "ms-swift@4.6.0:swift/template/register.py:49-50",
    "ms-swift@3.9.3:swift/llm/template/register.py, get_template",
)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    yield from unknown_value(script, catalog, "template", "template")

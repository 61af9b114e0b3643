"""No model.

ms-swift ends with ``Please set --model <model_id_or_path>, model: None``. An adapter alone is enough where its
args.json names the model it was trained on.

Bad:

    swift deploy --infer_backend vllm --port 8000

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.written import flags_of
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/arguments/base_args/model_args.py, _init_model_info",)

#: Flags that name a model, or a folder that was trained from one.
_NAMING = frozenset({
    "model", "model_id_or_path", "adapters", "ckpt_dir", "lora_modules", "resume_from_checkpoint", "config",
})  # fmt: skip
#: The first release in which --model_type alone names none.
_TYPE_IS_NO_MODEL = Version("3.0.0")


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    given = list(flags_of(script, catalog))
    refused = any("model" in one.name for one in given if not one.match.spec)  # another rule speaks of these
    names = {one.name for one in given}
    by_type = "model_type" in names and catalog.version < _TYPE_IS_NO_MODEL
    if _NAMING & names or by_type or refused or script.strays or any(one.words is None for one in given):
        return
    yield Finding("the command names no model: ms-swift ends with 'Please set --model'", script.place, "--model")

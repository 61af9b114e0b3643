"""No model.

ms-swift ends with ``Please set --model <model_id_or_path>, model: None``. An adapter alone is enough where its
args.json names the model it was trained on.

Bad:

    swift deploy --infer_backend vllm --port 8000

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.written import flags_of
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/arguments/base_args/model_args.py, _init_model_info",)

#: Flags that name a model or what was trained from one; a name that is refused is spoken of by another rule.
_NAMING = ("model", "adapter", "ckpt_dir", "lora_modules", "config", "load_args", "resume_from_checkpoint")


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    named = any(word in one.name for one in flags_of(script, catalog) for word in _NAMING if one.name not in _OTHERS)
    if named or script.strays or any(one.words is None for one in flags_of(script, catalog)):
        return
    yield Finding("the command names no model: ms-swift ends with 'Please set --model'", script.place, "--model")


#: Flags with such a word in their names that name none.
_OTHERS = frozenset({
    "served_model_name", "model_kwargs", "model_name", "model_author", "vllm_max_model_len", "max_model_len",
    "model_revision", "vllm_engine_kwargs",
})  # fmt: skip

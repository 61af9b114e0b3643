"""Answer that leaves no room for a prompt.

--max_new_tokens is what a request gets that does not say. ms-swift cuts it to what the context leaves beside the text
of the prompt, without counting images, and warns with every request.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192 --max_new_tokens 8192

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_max_model_len 8192 --max_new_tokens 2048
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding
from swiftcfg.rules.asked import answer_tokens, context_of
from swiftcfg.rules.places import flag_place
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/infer_engine/infer_engine.py, set_default_max_tokens",
    "https://github.com/modelscope/ms-swift/issues/4893",
)


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings, model: Model) -> Iterator[Finding]:
    answer, context = answer_tokens(script, catalog), context_of(settings, model)
    if answer is None or context is None or answer < context:
        return
    yield Finding(
        f"--max_new_tokens {answer} leaves nothing of the context of {context} for a prompt: every answer gets less",
        flag_place(script, "max_new_tokens"),
        "--max_new_tokens",
    )

"""Code that runs with the server's rights.

``--external_plugins`` and ``--custom_register_path`` run Python files. ms-swift always trusts remote code, so that a
model that brings its own (InternVL, MiniCPM-V, DeepSeek-OCR …) runs whatever its repository holds on the day it is
downloaded; ``--model_revision`` with a commit pins that.

Bad:

    swift deploy --model OpenGVLab/InternVL3-8B --infer_backend vllm

Good:

    swift deploy --model OpenGVLab/InternVL3-8B --model_revision 3f51a2c --infer_backend vllm
"""

import re
from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.paths import is_path
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "possible"
SOURCES = ("ms-swift@4.6.0:swift/model/model_meta.py, _get_model_info (trust_remote_code=True)",)

_PLUGINS = ("external_plugins", "custom_register_path")
#: Published models with code of their own.
_WITH_CODE = re.compile(
    r"/(internvl(?!.*-hf$)|minicpm-(v|o)|deepseek-(ocr|vl2)|phi-?(3|3\.5|4)-(vision|multimodal)|ovis|kimi-vl|molmo|glm-4v-9b)",
    re.IGNORECASE,
)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    given = in_force(script, catalog)
    for name in _PLUGINS:
        if name in given:
            use = given[name].use
            yield Finding(f"{given[name].shown} runs with the rights of the server", use.place, use.spelling)
    one = given.get("model") or given.get("model_id_or_path")
    if one and one.word and not is_path(one.word) and _WITH_CODE.search(one.word) and "model_revision" not in given:
        message = f"{one.word} brings code of its own, and without --model_revision it may change from start to start"
        yield Finding(message, one.use.place, one.use.spelling)

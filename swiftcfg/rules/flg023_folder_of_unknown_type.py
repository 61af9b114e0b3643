"""Folder whose name does not tell the model type.

ms-swift knows a folder by the published name it bears, by the args.json of a checkpoint it made itself, or else
by the architecture. Where several types share that it ends with ``Please explicitly pass the model_type``, since 4.0
``Multiple possible types found``: Qwen2-VL, Qwen2.5-VL, Qwen3-VL, InternVL, MiniCPM-V, LLaVA and most text models.
``--model_type`` settles it; since 4.0 several templates are a reason too, and ``--template`` may be needed beside it.

Bad:

    swift deploy --model /models/my-finetune --infer_backend vllm

Good:

    swift deploy --model /models/my-finetune --model_type qwen2_5_vl --template qwen2_5_vl --infer_backend vllm
"""

import re
from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix, SetFlag, Severity
from swiftcfg.rules.paths import is_path
from swiftcfg.rules.written import Written, in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "ms-swift@4.6.0:swift/model/model_meta.py:165-262",
    "ms-swift@3.0.1:swift/llm/model/register.py:388-394",
    "https://github.com/modelscope/ms-swift/issues/2891",
)

_ASKS_FOR_TEMPLATES = Version("4.0.0")
#: Names as hubs have them, with the size in them, and folders that ms-swift writes, which hold an args.json.
_PUBLISHED = re.compile(r"[\w.]+(-[\w.]+)*?-\d+(\.\d+)?b(-a\d+(\.\d+)?b)?(?P<rest>(-\w+)*)", re.IGNORECASE | re.ASCII)
_OWN = re.compile(r"checkpoint-\w+(-merged)?|v\d+-\d{8}-\d{6}")
_REST = re.compile(r"-(instruct|thinking|chat|base|awq|fp8|gptq|int[48]|hf|it|sft|rl|bf16)(?=-|$)", re.IGNORECASE)


def check(script: Script, catalog: FlagCatalog, model: Model | None = None) -> Iterator[Finding]:
    given = in_force(script, catalog)
    one = given.get("model")
    if one is None or not one.word:  # ms-swift 2 has no --model
        return
    recent = catalog.version >= _ASKS_FOR_TEMPLATES
    missing = [name for name in ("model_type", "template")[: 1 + recent] if name not in given]
    says = "Multiple possible types found" if recent else "Please explicitly pass the model_type"
    refusal = f"ms-swift {catalog.version} ends with '{says}'"
    if model and model.local:
        yield from _here(one, model, missing, refusal, "error" if recent else "warning")
        return
    folder = one.word.rstrip("/").rpartition("/")[2]
    if missing and is_path(one.word) and not _tells_its_type(one.word, folder):
        message = f"{folder} is no published name: without an args.json in it {refusal} for most architectures"
        flags = " and ".join(f"--{name}" for name in missing)
        yield Finding(f"{message}; give {flags}", one.use.place, one.use.spelling)


def _here(one: Written, model: Model, missing: list[str], refusal: str, severity: Severity) -> Iterator[Finding]:
    """Of a folder that was read. Which types share an architecture is known of 4.x; older releases knew fewer."""
    chosen = {name: getattr(model, name) for name in model.undecided if name in missing}
    if chosen:
        flags = " and ".join(f"--{name} {value}" for name, value in chosen.items())
        fix = Fix(f"add {flags}", tuple(SetFlag(name, value) for name, value in chosen.items()))
        message = f"{one.word} does not tell what it is: {refusal}; give {flags}"
        yield Finding(message, one.use.place, one.use.spelling, fix, severity)


def _tells_its_type(path: str, folder: str) -> bool:
    return "/snapshots/" in path or _OWN.fullmatch(folder) is not None or _is_published(folder)


def _is_published(folder: str) -> bool:
    shape = _PUBLISHED.fullmatch(folder)
    return shape is not None and not _REST.sub("", shape["rest"])

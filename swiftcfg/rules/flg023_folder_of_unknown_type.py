"""Folder whose name does not tell the model type.

ms-swift knows a folder by the published name it bears, by the args.json of a checkpoint it made itself, or else
by the architecture. Since 4.0 it ends with ``Multiple possible types found`` where several types or templates
share that: Qwen2-VL, Qwen2.5-VL, Qwen3-VL, InternVL, MiniCPM-V, LLaVA and most text models. ``--model_type`` and
``--template`` settle it; one alone may not be enough.

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
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.paths import is_path
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = ("ms-swift@4.6.0:swift/model/model_meta.py:165-262",)

_REFUSES = Version("4.0.0")
#: Names as hubs have them, with the size in them, and folders that ms-swift writes, which hold an args.json.
_PUBLISHED = re.compile(r"[\w.]+(-[\w.]+)*-\d+(\.\d+)?b(-a\d+(\.\d+)?b)?(-[a-z]+\d*)*", re.IGNORECASE | re.ASCII)
_OWN = re.compile(r"checkpoint-\w+(-merged)?|v\d+-\d{8}-\d{6}")
_REST = re.compile(r"-(instruct|thinking|chat|base|awq|fp8|gptq|int[48]|hf|it|sft|rl|bf16)(?=-|$)", re.IGNORECASE)


def check(script: Script, catalog: FlagCatalog, model: Model | None = None) -> Iterator[Finding]:
    given = in_force(script, catalog)
    one = given.get("model")
    if catalog.version < _REFUSES or one is None or not one.word:
        return
    refusal = f"ms-swift {catalog.version} ends with 'Multiple possible types found'"
    if model and model.local:
        args = dict(model.swift_args)
        chosen = {name: getattr(model, name) for name in model.undecided if name not in given and name not in args}
        if chosen:
            flags = " and ".join(f"--{name} {value}" for name, value in chosen.items())
            fix = Fix(f"add {flags}", tuple(SetFlag(name, value) for name, value in chosen.items()))
            message = f"{one.word} does not tell what it is: {refusal}; give {flags}"
            yield Finding(message, one.use.place, one.use.spelling, fix, severity="error")
        return
    missing = [f"--{name}" for name in ("model_type", "template") if name not in given]
    folder = one.word.rstrip("/").rpartition("/")[2]
    if not missing or not is_path(one.word) or _tells_its_type(one.word, folder):
        return
    message = f"{folder} is no published name: without an args.json in it {refusal} for most architectures"
    yield Finding(f"{message}; give {' and '.join(missing)}", one.use.place, one.use.spelling)


def _tells_its_type(path: str, folder: str) -> bool:
    return "/snapshots/" in path or _OWN.fullmatch(folder) is not None or _is_published(folder)


def _is_published(folder: str) -> bool:
    size = re.search(r"-\d+(\.\d+)?b(-a\d+(\.\d+)?b)?", folder, re.IGNORECASE)
    return bool(_PUBLISHED.fullmatch(folder)) and size is not None and not _REST.sub("", folder[size.end() :])

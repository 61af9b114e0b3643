"""What a checkpoint that ms-swift trained says about itself in args.json."""

import json
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from swiftcfg.checkpoint.jsonfile import read_object

#: What ``swift deploy`` fills from args.json where the command line is silent
#: (ms-swift@4.6.0:swift/arguments/base_args/base_args.py:293-333); training data and plugins do not matter here.
FILLED = (
    "model", "model_type", "template", "system", "max_model_len", "rope_scaling", "torch_dtype", "attn_impl",
    "quant_method", "quant_bits", "truncation_strategy", "agent_template", "norm_bbox", "use_chat_template",
    "response_prefix", "task_type", "tuner_type",
)  # fmt: skip

#: Model types were renamed in 4.0, which therefore does not take them from older files (base_args.py:321-323).
_TYPES_KEPT_SINCE = Version("4.0.0.dev0")


def read_swift_args(folder: Path) -> tuple[tuple[str, str], ...]:
    """What ``folder``/args.json fills in, as words; empty where there is no such file."""
    args = read_object(folder / "args.json") or {}
    if not _keeps_types(args.get("swift_version")):
        args.pop("model_type", None)
    return tuple((name, _word(args[name])) for name in FILLED if args.get(name) is not None)


def _keeps_types(swift_version: Any) -> bool:
    try:
        return Version(str(swift_version)) >= _TYPES_KEPT_SINCE
    except InvalidVersion:
        return False


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

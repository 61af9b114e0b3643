"""Variable that another setting overrides.

--model_kwargs writes its keys, in capitals, over the environment; IMAGE_MAX_TOKEN_NUM wins over MAX_PIXELS, and
so for the other limits. What a file of settings has under ENV yields to the shell from ms-swift 4.2.2 on, and wins
over it before. Nothing, or a line in a long log, says which counted.

Bad:

    MAX_PIXELS=1003520 IMAGE_MAX_TOKEN_NUM=256 \
    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    IMAGE_MAX_TOKEN_NUM=1280 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveVariable
from swiftcfg.rules.variables import in_force, settings_of
from swiftcfg.runtime import SHELL_WINS_SINCE
from swiftcfg.script import Script
from swiftcfg.tokens import CONVERSIONS, Limits

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/arguments/base_args/base_args.py:236-250",
    "ms-swift@4.6.0:swift/model/models/qwen.py:758-770",
    "ms-swift@4.6.0:swift/cli/main.py:53-59",
    "ms-swift@4.1.0:swift/cli/main.py, prepare_config_args",
)


def check(script: Script, catalog: FlagCatalog, limits: Limits | None = None) -> Iterator[Finding]:
    present = in_force(script, catalog)
    which, whose = (" in ENV", "the shell") if catalog.version >= SHELL_WINS_SINCE else ("", "ENV of the file")
    for use in script.outdone:
        wins = present.get(use.name)
        if wins and isinstance(use.word, str) and not wins.by_flag and wins.text != use.word:
            message = f"{use.name}={use.word}{which} has no effect: {whose} sets it to {wins.text}"
            yield Finding(message, use.place, use.name)
    for one in settings_of(script, catalog):
        tokens = present.get(CONVERSIONS.get(one.name, ""))
        last = present[one.name]
        if last.text != one.text:
            winner = f"--model_kwargs sets it to {last.text}"
        elif last == one and tokens and tokens.text and one.text and limits and limits.library.in_tokens:
            winner = f"{tokens.name}={tokens.text} is set too and wins"
        else:
            continue
        fix = None if one.by_flag else Fix(f"leave out {one.name}", (RemoveVariable(one.name),), safe=False)
        yield Finding(f"{one.name}={one.text} has no effect: {winner}", one.place, one.name, fix)

"""Key that ends up in the process list and in the log.

A key may come from a variable, and is still a word of the command: ``ps`` shows it to every user of the machine, and
ms-swift writes it in clear into its log, in the line ``args:`` and, where ``swift`` starts the server, in ``run sh:``
too. A file of settings does not help: ``swift`` makes words of it for the process that serves. No release takes the
key from a variable of its own. What keeps it out of both is a proxy in front that asks for the key, with the server on
127.0.0.1 and no ``--api_key``; else give the log to its owner alone (``umask 077``). A token of a hub needs no flag:
MODELSCOPE_API_TOKEN and HF_TOKEN are read.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 0.0.0.0 --api_key "$KEY"

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --host 127.0.0.1
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.secrets import NONE_MEANT
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "certain"
SOURCES = (
    "run of ms-swift 4.6.0: the lines 'run sh:' and 'args:' of its log show the key",
    "ms-swift@4.6.0:swift/cli/main.py, parse_yaml_args and cli_main",
    "ms-swift@4.6.0:swift/pipelines/base.py:20",
    "ms-swift@3.0.0:swift/llm/base.py:20",
    "ms-swift@2.6.1:swift/llm/deploy.py:862",
    "ms-swift@4.6.0:swift/hub/hub.py:196-197",
)

#: Flag -> what keeps its value out of sight.
_INSTEAD = {
    "api_key": "what hides it is a proxy that asks for the key, in front of a server on 127.0.0.1 without one",
    "hub_token": "set MODELSCOPE_API_TOKEN, or HF_TOKEN for Hugging Face, instead",
}


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    given = in_force(script, catalog)
    for name, instead in _INSTEAD.items():
        one = given.get(name)
        if one and one.use.words and (one.word is None or one.word.lower() not in NONE_MEANT):
            times = "twice" if script.wrapper else "once"
            seen = f"the value of {one.use.spelling} stands in the process list, and {times} in ms-swift's log"
            yield Finding(f"{seen}; {instead}", one.use.place, one.use.spelling)

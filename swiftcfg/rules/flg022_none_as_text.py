"""The word None, which is a text.

ms-swift puts the settings of a file on a command line, so that ``api_key: null`` becomes ``--api_key None``: the
key is then the four letters, and every client needs them. The same goes for the model's name and the system
prompt.

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --api_key None

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveFlag
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/cli/main.py:38-73",)


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    for one in in_force(script, catalog).values():
        spec = one.match.spec
        if spec and spec.kind == "str" and not spec.choices and spec.default is None and one.word in ("None", "null"):
            yield Finding(
                f"--{one.name} {one.word} is the text {one.word!r}, not the absence of a value",
                one.use.place,
                one.use.spelling,
                Fix(f"leave out --{one.name}", (RemoveFlag(one.use.name),)),
            )

"""Variable that is no number.

ms-swift reads these variables with ``int`` while the model loads, and FPS with ``float``: ``1280*28*28``, ``1e6``
and ``12.0`` end the start with a ValueError after ten seconds. A shell computes only in ``$((1280*28*28))``.

Bad:

    MAX_PIXELS=1280*28*28 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    MAX_PIXELS=$((1280*28*28)) swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.model import Model
from swiftcfg.rule import Finding, Fix, SetVariable
from swiftcfg.rules.families import family_of
from swiftcfg.rules.known_variables import NUMBERS
from swiftcfg.rules.numbers import whole_number
from swiftcfg.rules.variables import in_force
from swiftcfg.rules.written import in_force as flags_in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = ("ms-swift@4.6.0:swift/utils/env.py, get_env_args", "ms-swift@4.6.0:swift/model/models/qwen.py:708-755")


def check(script: Script, catalog: FlagCatalog, model: Model | None = None) -> Iterator[Finding]:
    family = family_of(flags_in_force(script, catalog), model)
    for one in in_force(script, catalog).values():
        convert = NUMBERS.get(one.name)
        if convert is None or not one.text.strip() or (family and one.name not in family.reads):
            continue
        try:
            convert(one.text)
        except ValueError:
            meant = whole_number(one.text)
            sure = meant is not None and not one.by_flag
            wanted = "a number" if convert is float else "a whole number in digits"
            yield Finding(
                f"{one.name}={one.text} is not {wanted}: the start ends with a ValueError",
                one.place,
                one.name,
                Fix(f"write {meant}", (SetVariable(one.name, str(meant)),)) if sure else None,
            )

"""Variable that this stack does not read.

Which variables have a say depends on ms-swift and on qwen-vl-utils: NFRAMES, RESIZED_HEIGHT and SIZE_FACTOR
belonged to 2.x, VIDEO_TOTAL_PIXELS ends with qwen-vl-utils 0.0.11, IMAGE_MAX_TOKEN_NUM begins with 0.0.13 and
ms-swift 3.9, IMAGE_FACTOR never worked. None of them is reported when it is ignored.

Bad:

    NFRAMES=8 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm

Good:

    FPS_MAX_FRAMES=8 swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm
"""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, RemoveVariable, RenameVariable, SetVariable
from swiftcfg.rules.variables import Setting, in_force
from swiftcfg.script import Script
from swiftcfg.tokens import CONVERSIONS, Limits

SEVERITY = "warning"
CONFIDENCE = "certain"
SOURCES = (
    "https://github.com/modelscope/ms-swift/issues/2757",
    "ms-swift@4.6.0:swift/model/models/qwen.py:708-755",
    "qwen-vl-utils@0.0.14:src/qwen_vl_utils/vision_process.py",
)

#: Names of 2.x -> what has their meaning since.
_RENAMED = {"MAX_FRAMES": "FPS_MAX_FRAMES", "MIN_FRAMES": "FPS_MIN_FRAMES"}
_IN_PIXELS = {tokens: pixels for pixels, tokens in CONVERSIONS.items()}


def check(script: Script, catalog: FlagCatalog, limits: Limits) -> Iterator[Finding]:
    present = in_force(script, catalog)
    for note in limits.notes:
        one = present.get(note.name)
        lost = CONVERSIONS.get(note.name) in present and limits.library.in_tokens
        if one and note.given and note.effective is None and not lost:
            message = f"{one.name}={one.text} has no effect: {note.reason}"
            yield Finding(message, one.place, one.name, _fix(one, present, limits.constants.factor**2))


def _fix(one: Setting, present: dict[str, Setting], area: int) -> Fix | None:
    """The same under a name that is read, where there is one; ``area`` is a token's, in pixels."""
    new = _RENAMED.get(one.name)
    if one.by_flag:
        return None
    if new and new not in present:
        return Fix(f"write {new}", (RenameVariable(one.name, new),))
    for other, amount in ((_IN_PIXELS.get(one.name), area), (CONVERSIONS.get(one.name), 1 / area)):
        if other and other not in present and one.text.strip().isdecimal():
            value = str(int(int(one.text) * amount))
            return Fix(f"write {other}={value}", (SetVariable(other, value), RemoveVariable(one.name)))
    return Fix(f"leave out {one.name}", (RemoveVariable(one.name),), safe=False)

"""Value of --model_type that this release does not know.

2.x had one model type for each checkpoint, such as ``qwen2-vl-7b-instruct``; since 3.0 it is the architecture,
``qwen2_vl``. A type that a release does not know ends with ``model_type: '…' not in [...]``.

Bad:

    swift deploy --model /models/vl --model_type qwen2-vl-7b-instruct --template qwen2_vl --infer_backend vllm

Good:

    swift deploy --model /models/vl --model_type qwen2_vl --template qwen2_vl --infer_backend vllm
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding, Fix, SetFlag
from swiftcfg.rules.releases import told
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = (
    "ms-swift wheels 2.6.1 and 3.0.0 to 4.6.0, the classes LLMModelType and MLLMModelType",
    "ms-swift@4.6.0:swift/model/model_meta.py, _get_model_info",
)

#: With these a user's own code may register types.
_REGISTERS = frozenset({"external_plugins", "custom_register_path"})


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    given = in_force(script, catalog)
    one = given.get("model_type")
    if one is None or not one.word or _REGISTERS & given.keys():
        return
    lifetimes = catalog.model_type_lifetimes(one.word)
    if any(catalog.version in life for life in lifetimes):
        return
    known = [name for name in catalog.history.get("model_types", ()) if _lives(name, catalog)]
    plain = {_plain(name): name for name in known}
    same = plain.get(_plain(one.word))
    slip = next(iter(get_close_matches(one.word, known, 1)), None)
    near = same or (_beginning(one.word, plain) if lifetimes else slip) or slip
    history = f"{one.word} {told(lifetimes, catalog)}, and " if lifetimes else ""
    yield Finding(
        f"{history}ms-swift {catalog.version} knows no model type {one.word}"
        + (f"; did you mean {near}?" if near else ""),
        one.use.place,
        one.use.spelling,
        Fix(f"write {near}", (SetFlag(one.use.name, near),), safe=near == same) if near else None,
    )


def _lives(name: str, catalog: FlagCatalog) -> bool:
    return any(catalog.version in life for life in catalog.model_type_lifetimes(name))


def _plain(name: str) -> str:
    return re.sub(r"[-_.\s]+", "_", name.lower())


def _beginning(written: str, plain: dict[str, str]) -> str | None:
    """The longest type that a 2.x type begins with: qwen2_vl of qwen2-vl-7b-instruct."""
    beginnings = [name for name in plain if _plain(written).startswith(f"{name}_")]
    return plain[max(beginnings, key=len)] if beginnings else None

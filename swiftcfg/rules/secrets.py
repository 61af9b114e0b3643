"""Keys and tokens that are written where they are used."""

from collections.abc import Iterator

from swiftcfg.flags import FlagCatalog
from swiftcfg.rules.variables import settings_of
from swiftcfg.rules.written import in_force
from swiftcfg.script import Place, Script
from swiftcfg.values import dataclass

#: Flags whose value must be seen by nobody.
SECRET_FLAGS = ("api_key", "hub_token")
SECRET_VARIABLES = frozenset({
    "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "MODELSCOPE_API_TOKEN", "OPENAI_API_KEY", "DASHSCOPE_API_KEY",
    "VLLM_API_KEY", "SWIFT_API_KEY", "WANDB_API_KEY",
})  # fmt: skip
#: What people write where a key is demanded and none is meant.
NONE_MEANT = frozenset({"", "none", "null", "empty", "xxx", "your_api_key", "your-api-key", "<api_key>"})


@dataclass(frozen=True, slots=True)
class WrittenSecret:
    """Where it is written, and what it is called; never what it is."""

    name: str
    place: Place


def secrets_of(script: Script, catalog: FlagCatalog) -> Iterator[WrittenSecret]:
    """The secrets of one call."""
    given = in_force(script, catalog)
    for name in SECRET_FLAGS:
        word = given[name].word if name in given else None
        if word is not None and word.lower() not in NONE_MEANT:
            yield WrittenSecret(f"--{name}", given[name].use.place)
    for one in settings_of(script, catalog):
        if one.name in SECRET_VARIABLES and one.text.lower() not in NONE_MEANT:
            yield WrittenSecret(one.name, one.place)

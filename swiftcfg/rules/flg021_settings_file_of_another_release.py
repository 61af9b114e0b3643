"""File of settings that this release does not read.

``swift deploy file.yaml`` came with 4.1.0, and only the ``swift`` program expands it. 3.10 to 4.0 have
``--config file.yaml``, whose settings win over the flags beside it. Elsewhere both end with ``remaining_argv``.

Bad:

    swift deploy --config deploy.yaml

Good:

    swift deploy deploy.yaml
"""

from collections.abc import Iterator

from packaging.version import Version

from swiftcfg.config import Unknown
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.written import flags_of
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "ms-swift@4.6.0:swift/cli/main.py:38-73",
    "ms-swift@4.0.4:swift/cli/main.py, prepare_config_args",
)

_CONFIG, _FIRST_WORD = Version("3.10.0"), Version("4.1.0")


def check(script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    version = catalog.version
    for one in flags_of(script, catalog):
        if one.use.name != "config" or one.match.spec:
            continue
        if not _CONFIG <= version < _FIRST_WORD:
            way = "swift deploy file.yaml" if version >= _FIRST_WORD else "flags"
            message = f"ms-swift {version} has no --config, only 3.10 to 4.0 do: write {way}"
            yield Finding(message, one.use.place, "--config")
        elif any(use.place != one.use.place for use in script.flags):
            message = f"ms-swift {version} puts the settings of --config after the flags, so that the file wins"
            yield Finding(message, one.use.place, "--config", severity="warning")
    for stray in script.strays[:1]:
        word = stray.word.expression if isinstance(stray.word, Unknown) else stray.word
        first = not script.flags or stray.place < min(use.place for use in script.flags)
        if not first or not word.endswith((".yaml", ".yml")):
            continue
        if version < _FIRST_WORD:
            yield Finding(f"ms-swift {version} does not read {word}: that came with {_FIRST_WORD}", stray.place)
        elif not script.wrapper:
            yield Finding(f"only the program swift expands {word}: write swift deploy {word}", stray.place)

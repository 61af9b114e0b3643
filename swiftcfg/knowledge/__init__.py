"""Facts as data: GPUs, model families, vLLM behaviour by version, the flags of every ms-swift release.

Every row carries the source of its numbers. The core never opens these files; it is handed their content.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@cache
def load(name: str) -> Any:
    """The content of ``knowledge/<name>``, a .yaml or .json file shipped with the package; treat it as frozen."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        return json.loads(text)
    import yaml  # noqa: PLC0415  (25 ms that JSON readers need not pay)

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (both are safe loaders)


def names(folder: str, suffix: str) -> list[str]:
    """The file names with ``suffix`` in a folder under knowledge/, sorted."""
    return sorted(entry.name for entry in (FOLDER / folder).iterdir() if entry.name.endswith(suffix))

"""Where the data folders that ship with the package are."""

from pathlib import Path


def folder(name: str) -> Path:
    """``templates`` or ``profiles``: inside the installed package, beside it in a source checkout."""
    package = Path(__file__).parent
    return package / name if (package / name).is_dir() else package.parent / name

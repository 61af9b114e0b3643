"""Project: what ``swiftcfg.toml``, or ``[tool.swiftcfg]`` of ``pyproject.toml``, says for the files below it."""

import sys
from collections.abc import Mapping
from dataclasses import field, fields, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from swiftcfg.errors import InputError
from swiftcfg.files import read_bytes, shown_name
from swiftcfg.values import dataclass

_PACKAGES = ("ms-swift", "vllm", "qwen-vl-utils", "transformers")
_LISTS = ("select", "ignore")
_TEXTS = ("model", "gpu", "profile", *_PACKAGES)
#: Values that may be paths, and are then meant from the folder of the file that says them.
_PATHS = ("model", "profile")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set for one file; None and empty are not set."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    model: str | None = None
    gpu: str | None = None
    profile: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def under(self, other: "Settings") -> "Settings":
        """These settings where ``other`` does not say otherwise; what is ignored adds up."""
        values = {one.name: getattr(other, one.name) or getattr(self, one.name) for one in fields(self)}
        versions = {**self.versions, **other.versions}
        return replace(self, **{**values, "ignore": (*self.ignore, *other.ignore), "versions": versions})


@dataclass(frozen=True, slots=True)
class _Project:
    folder: Path
    settings: Settings
    overrides: tuple[tuple[tuple[str, ...], Settings], ...]


def settings_for(path: Path) -> Settings:
    """The settings for a file: those of the nearest project above it, with its overrides in their order.

    Raises InputError where the project's file cannot be used.
    """
    absolute = path.absolute()
    project = _nearest(absolute.parent)
    if project is None:
        return Settings()
    inside = absolute.relative_to(project.folder).as_posix()
    settings = project.settings
    for patterns, override in project.overrides:
        if any(_fits(inside, pattern) for pattern in patterns):
            settings = settings.under(override)
    return settings


def _fits(path: str, pattern: str) -> bool:
    """``prod/`` is all below that folder; elsewhere ``*`` stands for anything, slashes included."""
    return path.startswith(pattern) if pattern.endswith("/") else fnmatchcase(path, pattern)


@cache
def _nearest(folder: Path) -> _Project | None:
    own = folder / "swiftcfg.toml"
    if own.is_file():
        return _project(_table(own), own)
    shared = folder / "pyproject.toml"
    if shared.is_file():
        tool = _table(shared).get("tool")
        if isinstance(tool, dict) and "swiftcfg" in tool:
            return _project(tool["swiftcfg"], shared)
    return None if folder.parent == folder else _nearest(folder.parent)


def _table(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  (only where there is such a file)
    else:
        import tomli as tomllib  # noqa: PLC0415
    try:
        table: dict[str, Any] = tomllib.loads(read_bytes(str(path)).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{shown_name(str(path))} is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{shown_name(str(path))}: not TOML: {error}") from None
    except RecursionError:
        raise InputError(f"{shown_name(str(path))} is nested too deep") from None
    return table


def _project(table: Any, path: Path) -> _Project:
    origin = shown_name(str(path)) + ("" if path.name == "swiftcfg.toml" else ": [tool.swiftcfg]")
    if not isinstance(table, dict):
        raise InputError(f"{origin} is not a table")
    rows = table.pop("overrides", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{origin}: overrides is not a list of tables", "write [[tool.swiftcfg.overrides]]")
    overrides = tuple((_words(row.pop("paths", None), f"{origin}: paths"), row) for row in rows)
    return _Project(
        path.parent,
        _settings(table, path.parent, origin),
        tuple((patterns, _settings(row, path.parent, origin)) for patterns, row in overrides),
    )


def _settings(table: dict[str, Any], folder: Path, origin: str) -> Settings:
    for name in table:
        if name not in (*_LISTS, *_TEXTS):
            near = get_close_matches(name, [*_LISTS, *_TEXTS, "overrides"], 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join((*_LISTS, *_TEXTS, 'overrides'))}"
            raise InputError(f"{origin} has no setting {name!r}", hint)
    texts = {name: _text(table[name], f"{origin}: {name}") for name in _TEXTS if name in table}
    codes = {name: _words(table[name], f"{origin}: {name}") for name in _LISTS if name in table}
    return Settings(
        select=tuple(code.upper() for code in codes.get("select", ())),
        ignore=tuple(code.upper() for code in codes.get("ignore", ())),
        versions={name: texts.pop(name) for name in _PACKAGES if name in texts},
        **{name: _from(folder, text) if name in _PATHS else text for name, text in texts.items()},
    )


def _from(folder: Path, text: str) -> str:
    """A path that begins with a dot is meant from the folder of the project."""
    return str(folder / text) if text.startswith(("./", "../")) else text


def _text(value: Any, origin: str) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{origin} is not a text", 'write it in quotes, such as "4.6.0"')
    return value


def _words(value: Any, origin: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise InputError(f"{origin} is not a list of texts", 'write it as ["VIS001", "MEM"]')
    return tuple(value)

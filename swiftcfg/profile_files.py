"""Workload profiles: the shipped ones by name, files of users by path, and single fields from the command line."""

import os.path
import re
from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from swiftcfg.errors import InputError
from swiftcfg.files import STDIN, shown_name
from swiftcfg.resources import folder
from swiftcfg.workload import Workload, workload_of
from swiftcfg.yamlfile import parse_yaml, read_document

#: Fields of which only one may be given: setting one on the command line drops the other.
ALTERNATIVES: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("images", "sizes"): ("images", "percentiles"),
    ("images", "percentiles"): ("images", "sizes"),
    ("shrink", "smallest_scale"): ("shrink", "smallest_detail"),
    ("shrink", "smallest_detail"): ("shrink", "smallest_scale"),
}
LISTS = {("images", "sizes"), ("videos", "clips"), ("sources",)}
TEXT_FIELDS = {"name", "title", "title_zh", "task", "description", "latency", "notes"}


def profile_names() -> tuple[str, ...]:
    """The names of the shipped profiles, sorted."""
    return tuple(sorted(path.stem for path in folder("profiles").glob("*.yaml")))


def profile_path(name: str) -> Path:
    """The file of a shipped profile; raises InputError that names the others."""
    names = profile_names()
    if name not in names:
        close = get_close_matches(name, names, n=1)
        there = f"did you mean {close[0]}? " if close else ""
        raise InputError(
            f"there is no profile {name!r}", f"{there}there are: {', '.join(names)}; or give a file: ./mine.yaml"
        )
    return folder("profiles") / f"{name}.yaml"


def find_profile(name_or_path: str) -> Workload:
    """Read a shipped profile by its name, a YAML or JSON file by its path, or standard input for ``-``.

    A name of a shipped profile wins over a file of the same name; ``./name`` means the file.
    """
    if name_or_path != STDIN and not _looks_like_path(name_or_path):
        path = profile_path(name_or_path)
        return workload_of({"name": name_or_path, **parse_yaml(path.read_bytes(), path.name)})
    return read_profile(name_or_path)


def profile_yaml(name_or_path: str) -> str:
    """A profile as a file to start from: a shipped one with its comments, any other as it is understood."""
    import yaml  # noqa: PLC0415  (reading a profile has loaded it already)

    workload = find_profile(name_or_path)
    if name_or_path in profile_names():
        modeline, _, rest = profile_path(name_or_path).read_text(encoding="utf-8").partition("\n")
        return rest if modeline.startswith("# yaml-language-server") else f"{modeline}\n{rest}"
    text: str = yaml.safe_dump(stated(workload), sort_keys=False, allow_unicode=True)
    return text


def read_profile(path: str) -> Workload:
    """Read a profile from a file and check it; one without a name is called like its file."""
    from swiftcfg.profile_model import parse_workload  # noqa: PLC0415  (pydantic, which shipped profiles do without)

    data = read_document(path)
    if isinstance(data, dict):
        data = {"name": "standard input" if path == STDIN else Path(path).stem, **data}
    return parse_workload(data, shown_name(path))


def _looks_like_path(text: str) -> bool:
    if "/" in text or text.endswith((".yaml", ".yml", ".json")):
        return True
    return text not in profile_names() and os.path.isfile(text)  # noqa: PTH113  (pathlib raises on odd names)


def override(workload: Workload | None, assignments: Mapping[str, str]) -> Workload:
    """The workload with fields set from text: ``images.sizes`` to ``1920x1080,2560x1440``, ``shrink`` to ``0.7``.

    Lists replace lists. An empty text takes a field away. Without a workload the fields alone must make one.
    """
    if workload is not None and not assignments:
        return workload
    from swiftcfg.profile_model import parse_workload  # noqa: PLC0415  (pydantic, which shipped profiles do without)

    origin = "the command line" if workload is None else f"{workload.name} with what the command line sets"
    data: dict[str, Any] = {"name": "the given requests"} if workload is None else stated(workload)
    for path, text in assignments.items():
        _assign(data, _steps(path), text)
    return parse_workload(data, origin)


def stated(workload: Workload) -> dict[str, Any]:
    """The plain data of a workload, as somebody would write it: only what was given."""
    return deepcopy(dict(workload.written))


def _steps(path: str) -> tuple[str, ...]:
    """The names in ``images.per_request``; raises InputError for a field that does not exist or is in a list."""
    from swiftcfg.profile_model import FIELDS  # noqa: PLC0415  (pydantic, which shipped profiles do without)

    steps = tuple(path.split("."))
    for depth, step in enumerate(steps):
        above = steps[:depth]
        if above in LISTS:
            raise InputError(f"{path!r} is in a list and cannot be set alone", f"set the whole list {'.'.join(above)}")
        if above == ("images", "percentiles"):
            break
        if step not in FIELDS.get(above, ()):
            raise InputError(f"a workload has no field {path!r}", _nearest_fields(above, step))
    return steps


def _nearest_fields(above: tuple[str, ...], step: str) -> str:
    from swiftcfg.profile_model import FIELDS  # noqa: PLC0415  (pydantic, which shipped profiles do without)

    known = {name: ".".join((*above, name)) for name in FIELDS.get(above, ())}
    close = get_close_matches(step, known, n=1)
    if close:
        return f"did you mean {known[close[0]]}?"
    return "there are: " + ", ".join(known.values()) if known else f"{'.'.join(above)} is one value"


def _assign(data: dict[str, Any], steps: tuple[str, ...], text: str) -> None:
    """Put the value of ``text`` at its place in ``data``, or take the field away where the text is empty."""
    other = ALTERNATIVES.get(steps[:2])
    if other:
        _section(data, other).pop(other[-1], None)
    if text.strip():
        _section(data, steps)[steps[-1]] = parse_value(steps, text)
    else:
        _section(data, steps).pop(steps[-1], None)


def _section(data: dict[str, Any], steps: tuple[str, ...]) -> dict[str, Any]:
    """The fields among which the last step is; made where there is only a word or nothing yet."""
    for step in steps[:-1]:
        if not isinstance(data.get(step), dict):
            data[step] = {}
        data = data[step]
    return data


def parse_value(steps: tuple[str, ...], text: str) -> Any:
    """What a text means for a field: YAML in brackets or braces, lists by commas, else a number or the text itself."""
    text = text.strip()
    if steps[-1] in TEXT_FIELDS:
        return text
    if text.startswith(("[", "{")):
        return parse_yaml(text.encode("utf-8", "replace"), "--set " + ".".join(steps))
    if steps in LISTS:
        return [part.strip() for part in _COMMA.split(text)]
    number = parse_number(text)
    if steps == ("shrink",) and number is not None:
        return {"smallest_scale": number}
    return text if number is None else number


#: A comma between entries; the one before the length of a clip is part of the entry.
_COMMA = re.compile(r",(?!\s*[\d.]+\s*(?:s|frames)\s*(?:,|$))", re.IGNORECASE)


def parse_number(text: str) -> int | float | None:
    """An int or float in plain decimal notation, or None."""
    if re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
        return int(text)
    return float(text) if re.fullmatch(r"[+-]?\d{0,18}\.\d{1,18}", text, re.ASCII) else None

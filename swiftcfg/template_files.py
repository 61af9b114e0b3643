"""Template files: the shipped ones, and a user's folder over them."""

from pathlib import Path

from swiftcfg.errors import InputError
from swiftcfg.files import is_folder, read_bytes, shown_name
from swiftcfg.resources import folder

SUFFIX = ".j2"


def load_templates(user_folder: str | None = None) -> dict[str, str]:
    """Name and text of every template; those in ``user_folder`` replace shipped ones of the same name.

    Raises InputError where the folder is none, or has no template in it.
    """
    templates = _texts(folder("templates"))
    if user_folder is None:
        return templates
    given = Path(user_folder)
    if not user_folder or not is_folder(given):
        raise InputError(
            f"there is no folder {shown_name(user_folder)}", "give a folder that holds templates, such as deploy.sh.j2"
        )
    try:
        own = _texts(given)
    except OSError as error:
        raise InputError(
            f"the folder {shown_name(user_folder)} cannot be read: {error.strerror}", "look at it with ls -ld"
        ) from None
    if not own:
        raise InputError(
            f"there is no template in {shown_name(user_folder)}",
            f"put a file there that is named like a shipped one: {', '.join(sorted(templates))}",
        )
    return templates | own


def _texts(source: Path) -> dict[str, str]:
    return {
        path.name: _text(path) for path in sorted(source.iterdir()) if path.name.endswith(SUFFIX) and path.is_file()
    }


def _text(path: Path) -> str:
    try:
        return read_bytes(str(path)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text", "save it as UTF-8") from None

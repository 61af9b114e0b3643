"""Where the folders of servers are, and which names one may have."""
# ruff: noqa: PTH111, PTH117, PTH118  (strings, as the warden takes them)

import os
import re
from collections.abc import Mapping

from swiftcfg.errors import InputError

#: Safe as a folder's name, as a word on a command line and in a list; 64 leave room in the 255 of a file name.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def servers_root(environment: Mapping[str, str]) -> str:
    """The folder that has one for each server. A state folder that is not absolute counts as none, as XDG has it."""
    state = environment.get("XDG_STATE_HOME", "")
    home = state if os.path.isabs(state) else os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(home, "swiftcfg", "servers")


def checked_name(name: str) -> str:
    """The name, where it is one; raises InputError for what could lead out of the folder or be read as an option."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name for a server",
            "take up to 64 letters, digits, dots, dashes and underscores, the first one a letter or a digit",
        )
    return name


def folder_of(name: str, environment: Mapping[str, str]) -> str:
    """The folder of one server, whether there is one or not."""
    return os.path.join(servers_root(environment), checked_name(name))

"""The deploy command that a user points at: in a file, on standard input, or as words after two dashes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from packaging.version import Version

from swiftcfg.config import DeployConfig
from swiftcfg.deploy_file import read_deploy, with_settings_file
from swiftcfg.errors import InputError
from swiftcfg.script import read_words

T = TypeVar("T")


def command_of(words: Sequence[str], nth: int | None, ms_swift: Version) -> DeployConfig:
    """The one command to look at; raises InputError where there is none, or several and none is chosen."""
    if not words:
        raise InputError("no deploy command is given", "name a file, or write it after two dashes: -- swift deploy …")
    if len(words) > 1 or words[0].startswith("--"):
        return with_settings_file(read_words(words), Path(), ms_swift).config()
    return chosen_call(words[0], read_deploy(words[0], ms_swift), nth)


def chosen_call(name: str, calls: Sequence[T], nth: int | None) -> T:
    """The one call of a file, or the nth; raises InputError where there is no such one, or several and none chosen."""
    if nth is None and len(calls) > 1:
        raise InputError(f"{name} has {len(calls)} swift deploy commands", f"choose one: --nth 1 to --nth {len(calls)}")
    if nth is not None and nth > len(calls):
        raise InputError(f"{name} has no {nth}th swift deploy command", f"it has {len(calls)}")
    return calls[(nth or 1) - 1]

"""Readers by kind, each loaded when a text of its kind is there: most runs read shell scripts alone."""
# ruff: noqa: PLC0415

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swiftcfg.script import Script
    from swiftcfg.script.fragment import File
    from swiftcfg.sources.source import Source


def dockerfile_calls(file: "File") -> "tuple[Script, ...]":
    from swiftcfg.sources.dockerfile import dockerfile_calls as read

    return tuple(read(file))


def unit_calls(file: "File") -> "tuple[Script, ...]":
    from swiftcfg.sources.systemd import unit_calls as read

    return tuple(read(file))


def python_calls(file: "File") -> "tuple[Script, ...]":
    from swiftcfg.sources.python import python_calls as read

    return tuple(read(file))


def logged_calls(file: "File") -> "tuple[Script, ...]":
    from swiftcfg.sources.pastes import logged_calls as read

    return tuple(read(file))


def pasted_calls(file: "File") -> "tuple[Script, ...]":
    from swiftcfg.sources.pastes import pasted_calls as read

    return tuple(read(file))


def read_structured(name: str, text: str, *, sure: bool) -> "Source":
    from swiftcfg.sources.structured import read_structured as read

    return read(name, text, sure=sure)

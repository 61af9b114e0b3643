"""What the parser of ``swift deploy`` takes in one release of ms-swift, asked of the release itself.

usage: wheel_parser.py FOLDER MODULE

FOLDER holds an unpacked wheel, MODULE is where its DeployArguments lives. Runs in an interpreter with ms-swift's
dependencies and imports the modules of the wheel as they are. What libraries newer than the release lack is replaced
by stand-ins: a name that is gone, or else the whole module that asks for it. Where a class that gives DeployArguments
fields would be one of them the run fails. Prints JSON: ``options`` has a row for every flag, [type, nargs, default,
choices, other spellings] without what is null or empty at its end; ``replaced`` names the stand-ins.
"""

import argparse
import contextlib
import importlib
import json
import logging
import os
import re
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

answers = os.fdopen(os.dup(1), "w")  # the libraries print to stdout too; theirs goes to stderr
os.dup2(2, 1)
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


class Anything(type):
    """The type of whatever a replaced module is asked for: any attribute, no items, and as a decorator no effect."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (), {})

    def __call__(cls, *given: Any, **_: Any) -> Any:
        return given[0] if given and callable(given[0]) else cls

    def __iter__(cls) -> Any:
        return iter(())


class StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(Anything(self.__name__, (), {}), name)


MISSING = re.compile(r"cannot import name '(\w+)' from")


class Replacing(Loader):
    """Runs a module as its own loader would, and puts stand-ins there where that fails."""

    def __init__(self, loader: Loader, replaced: list[str]) -> None:
        self.loader, self.replaced = loader, replaced

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        try:
            self.loader.exec_module(module)
        except Exception as error:  # noqa: BLE001  (whatever a newer library does to an older module)
            sys.stderr.write(f"{module.__name__}: {type(error).__name__}: {error}\n")
            if self.add_name(error):
                self.exec_module(module)
            else:
                self.replace(module)

    def add_name(self, error: Exception) -> bool:
        """Give a library the name that it does not have any more."""
        found = MISSING.match(str(error)) if isinstance(error, ImportError) else None
        library = sys.modules.get(error.name or "") if found and isinstance(error, ImportError) else None
        if not found or not library or library.__name__.startswith("swift"):
            return False
        setattr(library, found[1], Anything(found[1], (), {}))
        self.replaced.append(f"{library.__name__}.{found[1]}")
        return True

    def replace(self, module: ModuleType) -> None:
        self.replaced.append(module.__name__)
        stand_in = sys.modules[module.__name__] = StandIn(module.__name__)
        stand_in.__spec__, stand_in.__path__ = module.__spec__, getattr(module, "__path__", [])


class Finder(MetaPathFinder):
    """Finds the modules of ms-swift in the folder and nowhere else."""

    def __init__(self, folder: str) -> None:
        self.folder, self.replaced = folder, list[str]()

    def find_spec(self, name: str, path: Any, _: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] != "swift":
            return None
        spec = PathFinder.find_spec(name, path or [self.folder])
        if spec and spec.loader:
            spec.loader = Replacing(spec.loader, self.replaced)
        return spec


def parser_of(arguments: type, utils: ModuleType) -> argparse.ArgumentParser:
    """As the release's own parse_args makes it."""
    from transformers import HfArgumentParser

    with getattr(utils, "_patch_get_type_hints", contextlib.nullcontext)():  # releases that mend type hints
        return HfArgumentParser([arguments])  # type: ignore[no-any-return]


def row_of(action: argparse.Action, others: list[str]) -> list[Any]:
    name = getattr(action.type, "__name__", str(action.type))
    kind = "choice" if action.choices else {"string_to_bool": "bool"}.get(name, name)
    row = [kind, action.nargs, action.default, list(action.choices or ()), others]
    while not row[-1] and row[-1] is not False and row[-1] != 0:
        row.pop()
    return row


def options_of(parser: argparse.ArgumentParser) -> dict[str, list[Any]]:
    spellings: dict[str, list[str]] = {}
    for action in parser._actions:
        spellings.setdefault(action.dest, []).extend(action.option_strings)
    stores = [action for action in parser._actions if type(action).__name__ == "_StoreAction"]
    plain = {action.dest: {f"--{action.dest}", f"--{action.dest.replace('_', '-')}"} for action in stores}
    return {
        action.dest: row_of(action, [one for one in spellings[action.dest] if one not in plain[action.dest]])
        for action in stores
    }


def main(folder: str, home: str) -> None:
    finder = Finder(folder)
    sys.meta_path.insert(0, finder)
    arguments = importlib.import_module(home).DeployArguments
    for one in reversed(arguments.__mro__[:-1]):  # what inherits from a stand-in counts as one too
        assert not isinstance(one, Anything), f"{one.__name__}, a base of DeployArguments, could not be imported"
        assert str(sys.modules[one.__module__].__file__).startswith(folder), one
    options = options_of(parser_of(arguments, importlib.import_module("swift.utils.utils")))
    print(json.dumps({"options": options, "replaced": sorted(finder.replaced)}), file=answers)


main(*sys.argv[1:])

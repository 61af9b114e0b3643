"""Reading ``swift deploy`` back from a shell script, or from the words of a command line.

scanner, lexer and parser know the shell's grammar, expansion and shell what it does, program which words
are ``swift deploy``, arguments what its flags take. Everything is read as bash would read it, and bash is
the judge in the tests: a general grammar (tree-sitter-bash) reads some broken lines as more than bash does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from swiftcfg.errors import InputError
from swiftcfg.script.arguments import read_arguments
from swiftcfg.script.expansion import declared
from swiftcfg.script.fragment import File, Fragment
from swiftcfg.script.parser import parse
from swiftcfg.script.program import Call, find_deploy
from swiftcfg.script.shell import Shell
from swiftcfg.script.uses import Assumption, FlagUse, Place, Script, Span, Stray, VariableUse
from swiftcfg.script.words import Field

__all__ = [
    "Assumption",
    "FlagUse",
    "Place",
    "Script",
    "Span",
    "Stray",
    "VariableUse",
    "find_fault",
    "read_fields",
    "read_fragment",
    "read_program",
    "read_script",
    "read_words",
]


def read_script(text: str) -> tuple[Script, ...]:
    """Every ``swift deploy`` that bash would run, in order; none where the text is something else."""
    return Shell(Fragment.whole(text)).run()


def read_fragment(fragment: Fragment, environment: Iterable[VariableUse] = ()) -> tuple[Script, ...]:
    """Every ``swift deploy`` in shell text that is part of a file, run with these variables set."""
    return Shell(fragment, environment).run()


def read_program(fields: Sequence[Field], file: File, environment: Iterable[VariableUse] = ()) -> tuple[Script, ...]:
    """Every ``swift deploy`` in the words of a program that no shell starts."""
    around = Fragment(file, "", (), (), 0)
    return Shell(around, environment).run_words(list(fields)) if fields else ()


def find_fault(text: str) -> str | None:
    """Where bash would stop reading a script and why, as ``line 3: a double quote is never closed``."""
    fault = parse(text).fault
    return f"line {text.count(chr(10), 0, fault.offset) + 1}: {fault.message}" if fault else None


def read_words(argv: Sequence[str]) -> Script:
    """One command as a shell has already taken it apart: ``A=b swift deploy --model m``, or its flags alone.

    Raises InputError where the words are another command.
    """
    fields = [Field((word,), Place(1, number)) for number, word in enumerate(argv, 1)]
    call = Call(fields)
    while call.fields and (pair := declared(call.fields[0].head())):
        call.variables[pair[0]] = VariableUse(*pair, "prefix", call.fields[0].place)
        call.fields = call.fields[1:]
    if call.fields and call.fields[0].head().startswith("--"):
        return replace(read_fields(call.fields), variables=tuple(call.variables.values()))
    script = find_deploy(call)
    if not isinstance(script, Script):
        shown = " ".join(argv)[:60]
        raise InputError(
            f"{shown!r} is not a swift deploy command", "write: swift deploy --model … --infer_backend vllm"
        )
    return script


def read_fields(fields: Sequence[Field]) -> Script:
    """A call by its flags alone, from words that carry their places."""
    flags, strays = read_arguments(fields)
    return Script(flags, (), (), strays, fields[0].place if fields else Place(1, 1))

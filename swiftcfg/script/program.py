"""From the words of one command to the ``swift deploy`` in it, through what people put in front of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from swiftcfg.config import Unknown
from swiftcfg.script.arguments import read_arguments
from swiftcfg.script.expansion import declared
from swiftcfg.script.uses import Field, Script, VariableUse, joined


@dataclass(frozen=True, slots=True)
class _Wrapper:
    """A program that runs another one: options that take a separate value, and whether ``A=b`` may follow.

    ``clears`` are options that empty the environment, ``keeps`` those without which it does not get through.
    """

    valued: frozenset[str] = frozenset()
    assignments: bool = False
    clears: frozenset[str] = frozenset()
    keeps: frozenset[str] | None = None


#: Options from the manual pages of coreutils 9, util-linux 2.38, sudo 1.9 and bash 5.2.
_WRAPPERS: Mapping[str, _Wrapper] = {
    "command": _Wrapper(),
    "env": _Wrapper(
        frozenset({"-u", "--unset", "-C", "--chdir"}), assignments=True,
        clears=frozenset({"-i", "-", "--ignore-environment"}),
    ),
    "exec": _Wrapper(frozenset({"-a"}), clears=frozenset({"-c", "-cl", "-lc"})),
    "ionice": _Wrapper(frozenset({"-c", "--class", "-n", "--classdata"})),
    "nice": _Wrapper(frozenset({"-n", "--adjustment"})),
    "nohup": _Wrapper(),
    "setsid": _Wrapper(),
    "stdbuf": _Wrapper(frozenset({"-i", "-o", "-e", "--input", "--output", "--error"})),
    "sudo": _Wrapper(
        frozenset(
            {"-u", "--user", "-g", "--group", "-h", "--host", "-p", "--prompt", "-C", "--close-from", "-r", "--role",
             "-t", "--type", "-T", "--command-timeout", "-U", "--other-user", "-D", "--chdir", "-R", "--chroot"}
        ), assignments=True, keeps=frozenset({"-E", "--preserve-env"}),
    ),
    "time": _Wrapper(frozenset({"-f", "--format", "-o", "--output"})),
}  # fmt: skip

_PYTHON = re.compile(r"python[0-9.]*")
#: Options of python that take a separate value, besides -m and -c.
_PYTHON_VALUED = frozenset({"-X", "-W", "--check-hash-based-pycs"})


@dataclass
class Call:
    """A command with the environment it would get."""

    fields: Sequence[Field]
    variables: dict[str, VariableUse] = field(default_factory=dict)
    kept_back: list[VariableUse] = field(default_factory=list)
    clears: bool = False

    def drop_all(self) -> None:
        self.clears = True
        self.kept_back += self.variables.values()
        self.variables.clear()


def find_deploy(call: Call) -> Script | None:
    """The ``swift deploy`` that a command runs, or None where it runs something else."""
    while call.fields and _base_name(call.fields[0]) in _WRAPPERS:
        _unwrap(call, _WRAPPERS[_base_name(call.fields[0])])
    found = _arguments(call.fields)
    if found is None:
        return None
    arguments, wrapper = found
    flags, strays = read_arguments(arguments)
    return Script(
        flags, tuple(call.variables.values()), tuple(call.kept_back), strays, call.fields[0].place,
        wrapper=wrapper, clears=call.clears,
    )  # fmt: skip


def _base_name(one: Field) -> str:
    word = one.word()
    return word.rpartition("/")[2] if isinstance(word, str) else ""


def _unwrap(call: Call, wrapper: _Wrapper) -> None:
    """Take the wrapper, its options and assignments off the command."""
    fields, at, kept = call.fields, 1, wrapper.keeps is None
    while at < len(fields) and fields[at].head().startswith("-"):
        option = fields[at].head()
        name, _, value = option.partition("=")
        at += 1
        if option == "--":
            break
        if option in wrapper.clears:
            call.drop_all()
        kept = kept or name in (wrapper.keeps or ())
        if option in wrapper.valued and at < len(fields):
            value, at = fields[at].head(), at + 1
        if name in ("-u", "--unset") and wrapper.clears:
            call.variables.pop(value, None)
    if not kept:
        call.drop_all()
    while wrapper.assignments and at < len(fields) and (pair := declared(fields[at].head())):
        value_parts = (pair[1], *fields[at].parts[1:])
        word = joined(value_parts)
        call.variables.pop(pair[0], None)
        call.variables[pair[0]] = VariableUse(pair[0], word, "prefix", fields[at].place, *fields[at].halves(pair[0]))
        at += 1
    call.fields = fields[at:]


def _arguments(fields: Sequence[Field]) -> tuple[Sequence[Field], bool] | None:
    """The words after ``swift deploy``, and whether ms-swift's ``swift`` wrapper runs."""
    if not fields:
        return None
    name, words = _base_name(fields[0]), [one.word() for one in fields]
    if name == "swift" or _hides(words[0], "swift"):
        return (fields[2:], True) if words[1:2] == ["deploy"] else None
    if not (_PYTHON.fullmatch(name) or _hides(words[0], "python")):
        return None
    at = 1
    while at < len(fields) and fields[at].head().startswith("-") and words[at] != "-m":
        at += 2 if words[at] in _PYTHON_VALUED else 1
    at += words[at : at + 1] == ["-m"]
    module = str(words[at]) if at < len(words) else ""
    if re.fullmatch(r"swift\.cli\.deploy|(?:.*/)?swift/cli/deploy\.py", module, re.DOTALL):
        return fields[at + 1 :], False
    if re.fullmatch(r"swift\.cli\.main|(?:.*/)?swift/cli/main\.py|(?:.*/)?bin/swift", module, re.DOTALL):
        return (fields[at + 2 :], True) if words[at + 1 : at + 2] == ["deploy"] else None
    return None


def _hides(word: object, program: str) -> bool:
    """Whether an unknown first word says by its own name which program it holds, such as ``$SWIFT``."""
    return isinstance(word, Unknown) and program in word.expression.lower()

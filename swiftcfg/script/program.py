"""From the words of one command to the ``swift deploy`` in it, through what people put in front of it."""

import re
from collections.abc import Sequence
from dataclasses import field

from swiftcfg.config import Unknown
from swiftcfg.script.arguments import read_arguments
from swiftcfg.script.uses import Script, VariableUse
from swiftcfg.script.words import Field, Written, joined
from swiftcfg.script.wrappers import WRAPPERS, Wrapper
from swiftcfg.values import dataclass

_PYTHON = re.compile(r"python[0-9.]*")
#: Options of python that take a separate value, besides -m and -c.
_PYTHON_VALUED = frozenset({"-X", "-W", "--check-hash-based-pycs"})
#: Programs that run a file of python; an option of theirs without = takes the next word, these do not.
_LAUNCHERS = {
    "torchrun": frozenset({"--standalone", "--no-python", "--no_python", "-m", "--module"}),
    "accelerate": frozenset({"--multi_gpu", "--cpu", "-m", "--module", "--use_deepspeed", "--use_fsdp"}),
    "deepspeed": frozenset({"--no_python", "--module", "--no_local_rank", "--no_ssh", "--force_multi", "--save_pid"}),
}
#: What the name of a variable may tell that it holds.
_OWN = ("swift", "python")
#: Keys that tmux presses by name.
_KEYS = ("Enter", "C-m", "KPEnter")
#: Programs in front of one another; more are no command that a person wrote.
_LAYERS = 20


@dataclass
class Call:
    """A command with the environment it would get."""

    fields: Sequence[Field]
    variables: dict[str, VariableUse] = field(default_factory=dict)
    kept_back: list[VariableUse] = field(default_factory=list)
    clears: bool = False
    programs: list[str] = field(default_factory=list)
    doubtful: bool = False

    def drop_all(self) -> None:
        self.clears = True
        self.kept_back += self.variables.values()
        self.variables.clear()

    def set(self, use: VariableUse) -> None:
        self.variables.pop(use.name, None)
        self.variables[use.name] = use


@dataclass(frozen=True, slots=True)
class Inner:
    """A script that a command gives to another shell, with ``$1``, ``$2`` … of that shell.

    ``texts`` are joined by blanks; where they are several, they are written nowhere as one text.
    """

    texts: tuple[Field, ...]
    parameters: tuple[Field, ...] = ()


def may_deploy(fields: Sequence[Field]) -> bool:
    """Whether a command can be a call, or run another program; most say at once that they cannot."""
    return _base_name(fields[0]) in WRAPPERS or any("deploy" in str(one.word()) for one in fields)


def find_deploy(call: Call) -> Script | Inner | None:
    """What a command runs: a ``swift deploy``, a script in words of its own, or something else."""
    for _ in range(_LAYERS):
        _skip_unknown(call)
        wrapper = WRAPPERS.get(_base_name(call.fields[0])) if call.fields else None
        if wrapper is None:
            break
        call.programs.append(_base_name(call.fields[0]))
        inner = _unwrap(call, wrapper)
        if inner:
            return inner
    found = _arguments(call.fields)
    if found is None:
        return None
    arguments, wrapped = found
    flags, strays = read_arguments(arguments)
    return Script(
        flags, tuple(call.variables.values()), tuple(call.kept_back), strays, call.fields[0].place,
        wrapper=wrapped, conditional=call.doubtful, clears=call.clears, programs=tuple(call.programs),
    )  # fmt: skip


def _skip_unknown(call: Call) -> None:
    """Take off what may be nothing, or a program in front, as in ``$SUDO swift deploy``: then another call is made."""
    while len(call.fields) > 1 and call.fields[0].loose and not any(_hides(call.fields[0].word(), one) for one in _OWN):
        call.fields = call.fields[1:]
        call.doubtful = True


def _base_name(one: Field) -> str:
    word = one.word()
    return word.rpartition("/")[2] if isinstance(word, str) else ""


def _unwrap(call: Call, wrapper: Wrapper) -> Inner | None:
    """Take the wrapper, its options and assignments off the command; the script, where it is given one."""
    options = _Options(call, wrapper)
    options.read()
    if options.fails:
        call.fields = ()
    if options.glued:
        call.fields = ()
        return Inner((options.glued,))
    if options.has_text and options.at < len(call.fields):
        return _script(call, options.at, wrapper)
    call.fields = call.fields[options.at :]
    if wrapper.commands:
        chosen = wrapper.commands.get(call.fields[0].head()) if call.fields else None
        call.fields = call.fields if chosen else ()
        return _unwrap(call, chosen) if chosen else None
    if not (options.kept and wrapper.passes):
        call.drop_all()
    for given in options.given:
        call.set(given)
    return _inside(call, wrapper, options.starts)


def _inside(call: Call, wrapper: Wrapper, starts: Sequence[Field]) -> Inner | None:
    """Take off what stands between the options and the program."""
    fields, at = call.fields, wrapper.skip
    while wrapper.assignments and at < len(fields) and (use := _assignment(fields[at])) is not None:
        call.set(use)
        at += 1
    if wrapper.skip and at < len(fields) and fields[at].head() == "--":
        at += 1
    if wrapper.skip and at + 1 < len(fields) and _holds_text(fields[at].head(), wrapper):
        return _script(call, at + 1, wrapper)
    call.fields = [*starts, *fields[at:]]
    return _typed(call, wrapper) if wrapper.joined or wrapper.typed or wrapper.stdin else None


@dataclass
class _Options:
    """The options of a wrapper, up to its first other word, and what they do to the environment."""

    call: Call
    wrapper: Wrapper
    at: int = 1
    has_text: bool = False
    kept: bool = False
    given: list[VariableUse] = field(default_factory=list)
    glued: Field | None = None
    starts: list[Field] = field(default_factory=list)
    fails: bool = False

    def read(self) -> None:
        fields = self.call.fields
        self.kept = self.wrapper.keeps is None
        while self.at < len(fields) and not (self.has_text or self.glued):
            option = fields[self.at].head()
            is_option = self._is_option(option)
            if not is_option and not self.wrapper.mixed:
                break
            self.at += 1
            if option == "--":
                break
            if is_option:
                self._take(option)

    def _is_option(self, text: str) -> bool:
        if text == "-":
            return text in self.wrapper.clears
        return text.startswith("-") or (bool(self.wrapper.text) and text.startswith("+"))

    def _take(self, option: str) -> None:
        wrapper, fields = self.wrapper, self.call.fields
        name, equals, value = option.partition("=")
        if option in wrapper.clears:
            self.call.drop_all()
        self.kept = self.kept or name in (wrapper.keeps or ())
        if _holds_text(option, wrapper):
            self.has_text = True
            return
        own = fields[self.at - 1]
        if equals and name in wrapper.text:
            self.glued = _glued(own)
            return
        following = fields[self.at : self.at + 1]
        if name in wrapper.gives:
            self.given += _given(self.call, _glued(own) if equals else following[0] if following else own)
        if name in wrapper.starts:
            self.starts = [_glued(own)] if equals else list(following)
        if wrapper.takes_value(option) and following:
            value = following[0].head()
            self.at += 1
        if name in ("-u", "--unset") and wrapper.clears:
            self.call.variables.pop(value, None)
            self.fails = self.fails or "=" in value


def _holds_text(option: str, wrapper: Wrapper) -> bool:
    """``-c``, also among others as in ``-lc``."""
    if option in wrapper.text:
        return True
    return "-c" in wrapper.text and re.fullmatch(r"-[a-z]*c", option) is not None


def _script(call: Call, at: int, wrapper: Wrapper) -> Inner:
    fields, call.fields = call.fields, ()
    if wrapper.text != frozenset({"-c"}):
        return Inner((fields[at],))
    while fields[at].head().startswith("-") and at + 1 < len(fields):  # bash -c -l 'text'
        at += 1
    return Inner((fields[at],), tuple(fields[at + 2 :]))


def _typed(call: Call, wrapper: Wrapper) -> Inner | None:
    """Words that a shell will read again; without any it reads its input, but a shell that is given a file does not."""
    texts = [one for one in call.fields if not (wrapper.typed and one.word() in _KEYS)]
    call.fields = ()
    if wrapper.stdin:
        return None if texts else Inner(())
    return Inner(tuple(texts))


def _assignment(one: Field) -> VariableUse | None:
    name, equals, value = one.head().partition("=")  # programs take any name, a shell does not
    if not equals:
        return None
    return VariableUse(name, joined((value, *one.parts[1:])), "prefix", one.place, *one.halves(name))


def _given(call: Call, one: Field) -> list[VariableUse]:
    """``A=b``, or ``A``, which hands on what is exported here."""
    use = _assignment(one)
    if use:
        return [use]
    handed_on = call.variables.get(one.head())
    return [handed_on] if handed_on else []


def _glued(option: Field) -> Field:
    """The value of ``--option=value``."""
    return Field((option.head().partition("=")[2], *option.parts[1:]), option.place, _after_equals(option))


def _after_equals(option: Field) -> Written | None:
    one = option.written
    name = option.head().partition("=")[0]
    if one is None or not one.raw.startswith(f"{name}="):
        return None
    return Written(one.fragment, one.start + len(name) + 1, one.end, one.group)


def _arguments(fields: Sequence[Field]) -> tuple[Sequence[Field], bool] | None:
    """The words after ``swift deploy``, and whether ms-swift's ``swift`` wrapper runs."""
    if not fields:
        return None
    name, words = _base_name(fields[0]), [one.word() for one in fields[:60]]
    if name == "swift" or _hides(words[0], "swift"):
        return (fields[2:], True) if words[1:2] == ["deploy"] else None
    if name in _LAUNCHERS:
        return _module(fields, _after_options(words, 1 + (words[1:2] == ["launch"]), _LAUNCHERS[name]))
    if not (_PYTHON.fullmatch(name) or _hides(words[0], "python")):
        return None
    at = 1
    while at < len(words) and fields[at].head().startswith("-") and words[at] != "-m":
        at += 2 if words[at] in _PYTHON_VALUED else 1
    at += words[at : at + 1] == ["-m"]
    if words[at : at + 1] == ["torch.distributed.run"] or words[at : at + 1] == ["torch.distributed.launch"]:
        at = _after_options(words, at + 1, _LAUNCHERS["torchrun"])
    return _module(fields, at)


def _after_options(words: Sequence[object], at: int, switches: frozenset[str]) -> int:
    while at < len(words) and str(words[at]).startswith("-"):
        at += 1 if words[at] in switches or "=" in str(words[at]) else 2
    return at


def _module(fields: Sequence[Field], at: int) -> tuple[Sequence[Field], bool] | None:
    """``swift.cli.deploy``, the file it is, or a program called swift, at this word."""
    module = str(fields[at].word()) if at < len(fields) else ""
    if re.fullmatch(r"swift\.cli\.deploy|(?:.*/)?swift/cli/deploy\.py", module, re.DOTALL):
        return fields[at + 1 :], False
    if re.fullmatch(r"swift\.cli\.main|(?:.*/)?swift/cli/main\.py|(?:.*/)?bin/swift", module, re.DOTALL):
        return (fields[at + 2 :], True) if at + 1 < len(fields) and fields[at + 1].word() == "deploy" else None
    return None


def _hides(word: object, program: str) -> bool:
    """Whether an unknown first word says by its own name which program it holds, such as ``$SWIFT``."""
    return isinstance(word, Unknown) and program in word.expression.lower()

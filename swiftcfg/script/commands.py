"""What a shell does with one simple command: its own, a function, or a program that may be ``swift deploy``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from swiftcfg.config import Unknown
from swiftcfg.script.builtin import Builtins, joined_text
from swiftcfg.script.expansion import value_parts
from swiftcfg.script.fragment import Fragment, with_holes
from swiftcfg.script.parser import heredoc_pieces, parse
from swiftcfg.script.program import Call, Inner, find_deploy, may_deploy
from swiftcfg.script.state import State
from swiftcfg.script.syntax import Block, Command, Heredoc, Opaque, ShellFault, Simple, Word
from swiftcfg.script.uses import Manner, Script, Syntax, VariableUse
from swiftcfg.script.words import Field

#: What a substitution of commands starts with; in backticks a backslash means more than it does elsewhere.
_COMMANDS = re.compile(r"[$<>]\((?!\()|`(?=[^\\]*$)")

_EXEC_OPTION = re.compile(r"-[cl]*(?:a.*)?", re.DOTALL)

#: Shells in shells in shells; more are nothing that a person wrote.
_NESTING_LIMIT = 8


class Commands(Builtins):
    """One simple command at a time; what controls them is above (swiftcfg.script.shell)."""

    def __init__(self, fragment: Fragment, environment: Iterable[VariableUse] = ()) -> None:
        super().__init__(fragment, environment)
        self.steps = self.nesting = 0
        self.calling: list[str] = []

    def run(self) -> tuple[Script, ...]:
        self._read(self.fragment)
        if not self.scripts:
            self._uncalled()
        if self.scripts:
            self.scripts[-1] = replace(self.scripts[-1], later=tuple(self._set_after(self.scripts[-1])))
        return tuple(self.scripts)

    def _uncalled(self) -> None:
        """Where nothing runs, functions are run that something else may call, as in ``"$@"`` or by who sources it."""
        self.state.ended = ""
        self.doubts += 1
        for name in self.state.functions:
            self._call(name, Simple((), ()), None)
        self.doubts -= 1
        self.fragment.file.note(self.fragment, runs=bool(self.scripts))

    def _set_after(self, script: Script) -> Iterator[VariableUse]:
        for name, variable in self.state.variables.items():
            if isinstance(variable.value, (str, Unknown)) and variable.place > script.place and variable.spans[0]:
                yield VariableUse(name, variable.value, "shell", variable.place, *variable.spans)

    def _block(self, block: Block) -> None:
        raise NotImplementedError

    def _command(self, command: Command) -> None:
        raise NotImplementedError

    def _read(self, fragment: Fragment) -> None:
        """Run a text in this shell."""
        if self.nesting > _NESTING_LIMIT:
            return
        outer, self.fragment = self.fragment, fragment
        self.nesting += 1
        self.steps += len(fragment.text) // 20 if self.nesting > 1 else 0
        before = len(self.scripts)
        try:
            for line in parse(fragment.text).lines:
                self._block(line)
        except ShellFault:  # which only shows when the line is run
            self.state.ended = "fault"
        self.nesting -= 1
        self.fragment = outer
        fragment.file.note(fragment, runs=len(self.scripts) > before)

    def _read_apart(self, fragment: Fragment, call: Call, parameters: tuple[Field, ...]) -> None:
        """Run a text in another shell, which gets the environment of a call."""
        first, before = len(self.scripts), self.state
        self.state = State(parameters=parameters)
        self.inherit(call.variables.values())
        self._read(fragment)
        self.state = before
        self.scripts[first:] = [
            replace(
                script,
                kept_back=(*call.kept_back, *script.kept_back),
                programs=(*call.programs, *script.programs),
            )
            for script in self.scripts[first:]
        ]

    def _simple(self, command: Simple) -> None:
        self.group = command.words[0].start if command.words else 0
        self._substitutions(command)
        if command.words and self.declares(command):
            return
        fields = [one for word in command.words for one in self.fields(word)]
        if not fields:
            for word in command.assignments:
                self.set(word)
            return
        name = fields[0].word()
        if name == "exec" and len(fields) == 1:
            return
        if isinstance(name, str) and name in self.state.functions:
            self._call(name, command, tuple(fields[1:]))
            return
        if isinstance(name, str) and self.builtin(name, fields[1:]):
            return
        if name == "exec" and not _takes_options(fields[1:]):
            return
        self._external(command, fields)
        if name == "exec" and not self.doubts:
            self.state.ended = "exec"

    def _substitutions(self, command: Simple) -> None:
        """Run what ``$(…)`` and its like in the words of a command run; what they print is not known.

        Backticks around words of a sentence are no more than that, so that only those in assignments count.
        """
        for word in command.words:
            self._substitutions_of(word, "$<>")
        for word in command.assignments:
            self._substitutions_of(word, "$<>`")

    def _substitutions_of(self, word: Word, signs: str) -> None:
        at = word.start
        for piece in word.pieces:
            text = piece.expression if isinstance(piece, Opaque) and "deploy" in piece.expression else ""
            match = _COMMANDS.match(text)
            if match and text[0] in signs:
                at = self.fragment.text.find(text, at, word.end)
                before = self.state.copy()
                self._read(self.fragment.cut(at + match.end(), at + len(text) - 1, "`"))
                self.state = before
                at += len(text)

    def _call(self, name: str, command: Simple, parameters: tuple[Field, ...] | None) -> None:
        """Run a function's body; ``return`` in it ends it, and only it."""
        if name in self.calling:
            return
        body, fragment = self.state.functions[name]
        held = self.state.variables.copy()
        prefixed = {use.name for word in command.assignments if (use := self.set(word, exported=True))}
        outer, before, self.fragment = self.fragment, self.state.parameters, fragment
        self.state.parameters = parameters
        self.calling.append(name)
        self._command(body)
        self.calling.pop()
        self.fragment, self.state.parameters = outer, before
        for variable in prefixed:
            self.state.variables.pop(variable, None)
            if variable in held:
                self.state.variables[variable] = held[variable]
        if self.state.ended == "return":
            self.state.ended = ""

    def _external(self, command: Simple, fields: list[Field]) -> None:
        """A program with the environment it gets: what is exported, and what stands before it."""
        if not command.assignments and not may_deploy(fields):
            return
        call = Call(fields)
        held, arrays = self.state.variables.copy(), self.state.arrays.copy()
        for name, variable in held.items():
            if isinstance(variable.value, (str, Unknown)):
                manner: Manner = "export" if variable.exported else "shell"
                use = VariableUse(name, variable.value, manner, variable.place, *variable.spans)
                if variable.exported:
                    call.variables[name] = use
                else:
                    call.kept_back.append(use)
        for word in command.assignments:
            found = self.set(word)
            if found:
                call.set(found)
        self.state.variables, self.state.arrays = held, arrays
        program = find_deploy(call)
        if isinstance(program, Inner):
            texts = program.texts
            text = joined_text(texts, self.fragment) if texts else self._input(command.heredocs)
            if text:
                self._read_apart(text, call, program.parameters)
        elif program:
            self._add(program, command, fields)

    def run_words(self, fields: list[Field]) -> tuple[Script, ...]:
        """Run a program that no shell starts, from its words."""
        self._external(Simple((), ()), fields)
        return tuple(self.scripts)

    def _add(self, script: Script, command: Simple, fields: list[Field]) -> None:
        written = (*command.assignments, *command.words)
        if written:
            span = self.fragment.span(written[0].start, written[-1].end)
        else:
            first, last = fields[0].span, fields[-1].span
            span = first.up_to(last) if first and last else None
        syntax: Syntax = "shell" if written else "words"
        self.scripts.append(
            replace(
                script, conditional=self.doubts > 0 or script.conditional,
                assumed=tuple(self.assumed.values()), span=span, forbidden=self.fragment.forbidden, syntax=syntax,
                replaced=tuple(self.replaced), file=self.fragment.file,
            )
        )  # fmt: skip
        self.fragment.file.calls.append(self.scripts[-1].start)
        self.replaced.clear()

    def _input(self, heredocs: tuple[Heredoc, ...]) -> Fragment | None:
        """What a here-document gives to the standard input of a shell."""
        if not heredocs:
            return None
        last = heredocs[-1]
        text = self.fragment.parts(last.lines)
        if last.literal or not set("$`\\") & set(text.text):
            return text
        try:
            parts = value_parts(heredoc_pieces(text.text), self)
        except ShellFault:
            return None
        content, holes = with_holes(parts)
        return self.fragment.detached(content, last.lines[0][0], holes)


def _takes_options(fields: Iterable[Field]) -> bool:
    """Whether ``exec`` knows its options; with others it runs nothing, and the script goes on."""
    texts = (one.head() for one in fields)
    for text in texts:
        if not text.startswith("-") or text in ("-", "--"):
            return True
        if not _EXEC_OPTION.fullmatch(text):
            return False
        if text.endswith("a"):  # the name is the next word
            next(texts, None)
    return True

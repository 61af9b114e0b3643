"""A walk through a parsed script that keeps what variables hold and collects each ``swift deploy`` on the way."""

from bisect import bisect_right
from dataclasses import replace

from swiftcfg.config import Unknown
from swiftcfg.config import Word as Value
from swiftcfg.script.braces import expand_braces
from swiftcfg.script.expansion import OUTSIDE, Outside, declared, fields_of, value_of
from swiftcfg.script.parser import assignment, parse
from swiftcfg.script.program import Call, find_deploy
from swiftcfg.script.state import State, Variable
from swiftcfg.script.syntax import (
    Block,
    Branches,
    Chain,
    Command,
    Function,
    Group,
    Loop,
    Opaque,
    Pipeline,
    Simple,
    Test,
    Text,
    Word,
)
from swiftcfg.script.uses import Assumption, Field, Manner, Place, Script, Span, Spans, VariableUse, joined

#: Commands of one script that are walked through; calls of calls of functions can multiply without end.
STEP_LIMIT = 20_000

#: Characters that variables may expand to in one script; doubling one forty times would fill any memory.
EXPANSION_LIMIT = 2**24

#: What every login has exported already, so that a plain assignment reaches programs too.
_EXPORTED_BEFORE = frozenset({"HOME", "LANG", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "USER"})

_DECLARATIONS = frozenset({"declare", "export", "local", "readonly", "typeset"})

#: Commands that set the variables their arguments name.
_SETTERS = frozenset({"getopts", "let", "mapfile", "printf", "read", "readarray"})

#: Commands that ask a question: what follows their && may well not run.
_QUESTIONS = frozenset({"[", "test", "command", "type", "which", "grep", "false", "diff", "cmp", "pgrep", "hash"})


class Shell:
    """The walk. ``scripts`` are the calls found so far, in the order bash would run them."""

    def __init__(self, text: str) -> None:
        self.scripts: list[Script] = []
        self.state = State()
        self.program = parse(text)
        self.steps = self.expanded = 0
        self.doubts = 0
        self.calling: list[str] = []
        self.assumed: dict[str, Assumption] = {}
        self.here = Place(1, 1)
        self.text = text
        self._line_starts = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]

    def run(self) -> tuple[Script, ...]:
        for line in self.program.lines:
            self._block(line)
        return tuple(self.scripts)

    # What expansion asks

    def lookup(self, name: str) -> Value | Outside | None:
        if not (name[0].isalpha() or name[0] == "_"):
            return Unknown("$" + name)
        variable = self.state.variables.get(name)
        if variable is None:
            return OUTSIDE
        self.expanded += len(variable.value) if isinstance(variable.value, str) else 0
        return variable.value if self.expanded < EXPANSION_LIMIT else Unknown("$" + name)

    def assign(
        self, name: str, value: Value | None, *, exported: bool | None = None, spans: Spans = (None, None)
    ) -> None:
        """Set a variable; ``exported`` None leaves its export as it is."""
        before = self.state.variables.get(name)
        if exported is None:
            exported = self.state.exports_all or (before.exported if before else name in _EXPORTED_BEFORE)
        self.state.variables.pop(name, None)
        self.state.variables[name] = Variable(value, exported, self.here, spans)

    def assume(self, name: str, expression: str) -> None:
        self.assumed.setdefault(expression, Assumption(name, expression))

    # Control

    def _block(self, block: Block) -> None:
        for chain in block:
            self._chain(chain)

    def _chain(self, chain: Chain) -> None:
        if chain.background:
            self._apart(chain)
            return
        self._pipelines(chain)

    def _apart(self, chain: Chain) -> None:
        """Run in a shell of its own: what it sets is lost."""
        before = self.state.copy()
        self._pipelines(chain)
        self.state = before

    def _pipelines(self, chain: Chain) -> None:
        self._pipeline(chain.pipelines[0])
        doubtful = _asks(chain.pipelines[0])
        for operator, pipeline in zip(chain.operators, chain.pipelines[1:], strict=True):
            if operator == "||" or doubtful:
                self._perhaps(Group((Chain((pipeline,), (), background=False),), subshell=False))
            else:
                self._pipeline(pipeline)
            doubtful = doubtful or operator == "||" or _asks(pipeline)

    def _pipeline(self, pipeline: Pipeline) -> None:
        if len(pipeline.commands) == 1:
            self._command(pipeline.commands[0])
            return
        for command in pipeline.commands:
            self._command(Group((Chain((Pipeline((command,), negated=False),), (), background=False),), subshell=True))

    def _perhaps(self, command: Command) -> None:
        """Run what may or may not run; afterwards both are possible."""
        without = self.state.copy()
        self.doubts += 1
        self._command(command)
        self.doubts -= 1
        without.merge(self.state)
        self.state = without

    def _command(self, command: Command) -> None:
        self.steps += 1
        if self.state.ended or self.steps > STEP_LIMIT:
            return
        match command:
            case Simple():
                self._simple(command)
            case Group(body, subshell):
                before = self.state.copy()
                self._block(body)
                self.state = before if subshell else self.state
            case Branches():
                self._branches(command)
            case Loop():
                self._loop(command)
            case Function(name, body):
                self.state.functions[name] = body
            case Test(changing):
                self._forget(changing)

    def _branches(self, command: Branches) -> None:
        after: State | None = None
        for number, body in enumerate(command.bodies):
            for condition in command.conditions[number : number + 1]:
                self._block(condition)
            skipped = self.state.copy()
            self.doubts += 1
            self._block(body)
            self.doubts -= 1
            if after is None:
                after = self.state
            else:
                after.merge(self.state)
            self.state = skipped
        if after is not None and command.exhaustive:
            self.state = after
        elif after is not None:
            self.state.merge(after)

    def _loop(self, loop: Loop) -> None:
        self._forget(loop.changing)
        self._block(loop.condition)
        self._perhaps(Group(loop.body, subshell=False))

    def _forget(self, names: frozenset[str]) -> None:
        for name in names & self.state.variables.keys():
            self.assign(name, Unknown(f"${name}"))

    # Simple commands

    def _place(self, offset: int) -> Place:
        line = bisect_right(self._line_starts, offset)
        return Place(line, offset - self._line_starts[line - 1] + 1)

    def _fields(self, word: Word) -> list[Field]:
        fields = fields_of(word, self)
        if len(fields) == 1:
            return [self._field(word, fields[0])]
        return [Field(parts, self._place(word.start)) for parts in fields]

    def _field(self, word: Word, parts: tuple[Value, ...]) -> Field:
        span = Span(word.start, word.end)
        return Field(parts, self._place(word.start), span, span.of(self.text))

    def _assigned(self, word: Word) -> tuple[str, Value, Spans] | None:
        """Name and new value of an assignment; an element of an array makes the whole unknown."""
        match = assignment(word)
        if match is None:
            return None
        self.here = self._place(word.start)
        name, index, plus = match.groups()
        first = word.pieces[0]
        assert isinstance(first, Text)  # noqa: S101  (assignment() has matched it)
        pieces = (Text(first.text[match.end() :], quoted=False), *word.pieces[1:])
        if index or any(isinstance(piece, Opaque) and piece.expression.startswith("(") for piece in pieces):
            return name, Unknown(f"${{{name}[@]}}"), (None, None)
        value = value_of(pieces, self)
        if plus:
            before = self.lookup(name)
            unknown = isinstance(before, (Unknown, Outside)) or isinstance(value, Unknown)
            value = Unknown(f"${name}") if unknown else f"{before or ''}{value}"
        return name, value, self._field(word, ()).halves(name)

    def _simple(self, command: Simple) -> None:
        if command.words and self._declares(command):
            return
        fields = [one for word in command.words for one in self._fields(word)]
        if not fields:
            for word in command.assignments:
                self._set(word)
            return
        name = fields[0].word()
        if name == "exec" and len(fields) == 1:
            return
        if isinstance(name, str) and self._builtin(name, fields[1:]):
            return
        self._external(command, fields)
        if name == "exec" and not self.doubts:
            self.state.ended = "exec"

    def _set(self, word: Word, *, exported: bool | None = None) -> None:
        found = self._assigned(word)
        if found:
            self.assign(found[0], found[1], exported=exported, spans=found[2])

    def _declares(self, command: Simple) -> bool:
        """``export`` and its kin, whose arguments are assignments and not split."""
        name = command.words[0].pieces
        if len(name) != 1 or not isinstance(name[0], Text) or name[0].text not in _DECLARATIONS:
            return False
        exported: bool | None = True if name[0].text == "export" else None
        arguments = [
            Word(pieces, word.start, word.end)
            for word in command.words[1:]
            for pieces in expand_braces(word.pieces) or ()
        ]
        for word in arguments:
            if assignment(word):
                self._set(word, exported=exported)
                continue
            self.here = self._place(word.start)
            for one in self._fields(word):
                text = one.head()
                if text.startswith("-") and "x" in text:
                    exported = True
                elif text.startswith(("-n", "+x")):
                    exported = False
                else:
                    self._declare(one, exported=exported)
        return True

    def _declare(self, one: Field, *, exported: bool | None) -> None:
        pair = declared(one.head())
        if pair:
            value = joined((pair[1], *one.parts[1:]))
            self.assign(pair[0], value, exported=exported, spans=one.halves(pair[0]))
        elif exported is not None:
            variable = self.state.variables.pop(one.head(), Variable(OUTSIDE, exported, self.here))
            self.state.variables[one.head()] = replace(variable, exported=exported)

    def _builtin(self, name: str, arguments: list[Field]) -> bool:
        """Commands that change the shell itself; True where this was one."""
        texts = [one.head() for one in arguments]
        if name in self.state.functions:
            self._call(name)
        elif name == "unset":
            for text in texts:
                if not text.startswith("-"):
                    self.state.functions.pop(text, None)
                    self.assign(text, None, exported=False)
        elif name == "set":
            if {"-a", "allexport"} & set(texts):
                self.state.exports_all = "+o" not in texts
            elif "+a" in texts:
                self.state.exports_all = False
        elif name in ("exit", "return"):
            self.state.ended = name
        elif name in _SETTERS:
            self._forget(frozenset(declaration.partition("=")[0] for declaration in texts))
        else:
            return False
        return True

    def _call(self, name: str) -> None:
        """Run a function's body; ``return`` in it ends it, and only it."""
        if name in self.calling:
            return
        self.calling.append(name)
        self._command(self.state.functions[name])
        self.calling.pop()
        if self.state.ended == "return":
            self.state.ended = ""

    def _external(self, command: Simple, fields: list[Field]) -> None:
        """A program with the environment it gets: what is exported, and what stands before it."""
        call = Call(fields)
        shell_variables = self.state.variables.copy()
        for name, variable in shell_variables.items():
            if isinstance(variable.value, (str, Unknown)):
                manner: Manner = "export" if variable.exported else "shell"
                use = VariableUse(name, variable.value, manner, variable.place, *variable.spans)
                if variable.exported:
                    call.variables[name] = use
                else:
                    call.kept_back.append(use)
        for word in command.assignments:
            found = self._assigned(word)
            if found:
                name, value, spans = found
                self.assign(name, value)
                call.variables.pop(name, None)
                call.variables[name] = VariableUse(name, value, "prefix", self.here, *spans)
        self.state.variables = shell_variables
        script = find_deploy(call)
        if script:
            assumed = tuple(self.assumed.values())
            written = (*command.assignments, *command.words)
            span = Span(written[0].start, written[-1].end)
            self.scripts.append(replace(script, conditional=self.doubts > 0, assumed=assumed, span=span))


def _asks(pipeline: Pipeline) -> bool:
    """Whether a pipeline is a question, so that its answer decides what runs next."""
    last = pipeline.commands[-1]
    if pipeline.negated or isinstance(last, Test):
        return True
    if not isinstance(last, Simple) or not last.words:
        return False
    pieces = last.words[0].pieces
    return len(pieces) == 1 and isinstance(pieces[0], Text) and pieces[0].text in _QUESTIONS

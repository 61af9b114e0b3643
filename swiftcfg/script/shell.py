"""A walk through a parsed script that keeps what variables hold and collects each ``swift deploy`` on the way."""

from swiftcfg.script.commands import Commands
from swiftcfg.script.state import State
from swiftcfg.script.syntax import (
    Block,
    Branches,
    Chain,
    Command,
    Function,
    Group,
    Loop,
    Pipeline,
    Simple,
    Test,
    Text,
)

#: Commands of one script that are walked through; calls of calls of functions can multiply without end.
STEP_LIMIT = 20_000
#: Rounds of a ``for`` over known words that are walked through one by one.
ROUNDS_LIMIT = 16
#: Variables that are copied in about the time that a command takes.
_VARIABLES_PER_STEP = 50

#: Commands that ask a question: what follows their && may well not run.
_QUESTIONS = frozenset({"[", "test", "command", "type", "which", "grep", "false", "diff", "cmp", "pgrep", "hash"})


class Shell(Commands):
    """The walk. ``scripts`` are the calls found so far, in the order bash would run them."""

    def _block(self, block: Block) -> None:
        """Run commands one after the other."""
        for chain in block:
            if self.steps <= STEP_LIMIT:
                self._chain(chain)

    def _chain(self, chain: Chain) -> None:
        if chain.background:
            self._apart(chain)
            return
        self._pipelines(chain)

    def _apart(self, chain: Chain) -> None:
        """Run in a shell of its own: what it sets is lost."""
        before = self._fork()
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
        without = self._fork()
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
                before = self._fork()
                self._block(body)
                self.state = before if subshell else self.state
            case Branches():
                self._branches(command)
            case Loop():
                self._loop(command)
            case Function(name, body):
                self.state.functions[name] = (body, self.fragment)
            case Test(changing):
                self.forget(changing)

    def _fork(self) -> State:
        """The state, to come back to; a copy of many variables counts as so many commands."""
        self.steps += len(self.state.variables) // _VARIABLES_PER_STEP
        return self.state.copy()

    def _branches(self, command: Branches) -> None:
        after = None
        for number, body in enumerate(command.bodies):
            for condition in command.conditions[number : number + 1]:
                self._block(condition)
            skipped = self._fork()
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
        rounds = self._rounds(loop)
        if rounds is not None:
            for value in rounds:
                self.assign(loop.name, value)
                self._block(loop.body)
            return
        self.forget(loop.changing)
        self._block(loop.condition)
        self._perhaps(Group(loop.body, subshell=False))

    def _rounds(self, loop: Loop) -> list[str] | None:
        """The values that the variable of a ``for`` takes, where they are known and not too many."""
        fields = [one for word in loop.over for one in self.fields(word)] if loop.over is not None else []
        words = [word for one in fields if isinstance(word := one.word(), str)]
        known = loop.over is not None and len(words) == len(fields) <= ROUNDS_LIMIT and not self.state.ended
        return words if known else None


def _asks(pipeline: Pipeline) -> bool:
    """Whether a pipeline is a question, so that its answer decides what runs next."""
    last = pipeline.commands[-1]
    if pipeline.negated or isinstance(last, Test):
        return True
    if not isinstance(last, Simple) or not last.words:
        return False
    pieces = last.words[0].pieces
    return len(pieces) == 1 and isinstance(pieces[0], Text) and pieces[0].text in _QUESTIONS

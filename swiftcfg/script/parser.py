"""From words to commands: the grammar of bash, read a line at a time as bash does."""

import re
from collections.abc import Callable
from dataclasses import replace

from swiftcfg.script.lexer import Lexer
from swiftcfg.script.scanner import Mark
from swiftcfg.script.syntax import (
    Block,
    Branches,
    Chain,
    Command,
    Elements,
    Function,
    Group,
    Loop,
    Piece,
    Pipeline,
    ShellFault,
    Simple,
    Test,
    Text,
    Word,
)
from swiftcfg.values import dataclass

_ASSIGNED = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]\n]{0,200}\])?(?:\+|-|\*|/|%|\||&|\^|<<|>>)?=|\+\+|--", re.ASCII)
ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[[^\]\n]{0,200}\])?(\+?)=", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)

_PARAMETERS = Elements("@", joined=False, quoted=True, expression='"$@"')
_BREAKS = re.compile(r"(?<!\S)(?:break|continue)\b")
#: Words that end a list of commands instead of starting one.
_CLOSING = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}", ";;", ";&", ";;&", ")"})
DECLARATIONS = frozenset({"export", "declare", "typeset", "readonly", "local"})

#: Commands of one text that are read; more are no script that a person wrote.
COMMANDS_LIMIT = 20_000

_Reader = Callable[[], Command]


@dataclass(frozen=True, slots=True)
class Program:
    """The lines bash would run one after the other, and what stopped the reading, if anything did."""

    lines: tuple[Block, ...]
    fault: ShellFault | None
    marks: tuple[Mark, ...] = ()


def parse(text: str) -> Program:
    """Read a script; the lines before a fault are kept, because bash has run them when it gets there."""
    parser = _Parser(text)
    lines: list[Block] = []
    try:
        while parser.skip_empty_lines():
            lines.append(parser.line())
    except ShellFault as fault:
        return Program(tuple(lines), fault, tuple(parser.marks))
    return Program(tuple(lines), None, tuple(parser.marks))


def heredoc_pieces(text: str) -> tuple[Piece, ...]:
    """The lines of a here-document whose delimiter has no quotes: expanded as in double quotes, which are text here.

    Raises ShellFault where an expansion in it is never closed.
    """
    parser = _Parser(text)
    parser.in_heredoc = True
    return tuple(parser._pieces(frozenset(), in_double=True))  # noqa: SLF001


def assignment(word: Word) -> "re.Match[str] | None":
    """``NAME=``, ``NAME+=`` or ``NAME[i]=`` at the start of a word, unquoted; groups: name, index, plus."""
    first = word.pieces[0] if word.pieces else None
    return ASSIGNMENT.match(first.text) if isinstance(first, Text) and not first.quoted else None


class _Parser(Lexer):
    def line(self) -> Block:
        """One line of the script, or several where a command goes on; the line end is taken too."""
        chains = []
        while True:
            chains.append(self.chain())
            self.skip_blanks()
            if self.at == len(self.text) or self.peek() == "\n":
                return tuple(chains)
            if not chains[-1].background and not self.takes(";"):
                raise self.unexpected()
            self.skip_blanks()
            if self.at == len(self.text) or self.peek() == "\n":
                return tuple(chains)

    def block(self, *closing: str, may_be_empty: bool = False) -> Block:
        """Commands up to one of ``closing``, which stays."""
        chains: list[Chain] = []
        while self.skip_empty_lines() and not self._at_one_of(closing):
            chains.append(self.chain())
            self.skip_blanks()
            separated = chains[-1].background or self.peek() == "\n" or self.takes(";")
            if not separated and not self._at_one_of(closing):
                raise self.unexpected()
        if self.at == len(self.text) or not (chains or may_be_empty):
            raise self.unexpected(f", {closing[0]} was expected")
        return tuple(chains)

    def _at_one_of(self, words: tuple[str, ...]) -> bool:
        return self.control() in words or self.bare() in words

    def read_commands(self) -> None:
        pending, self.heredocs = self.heredocs, []
        self.block(")", may_be_empty=True)
        self.take(")")
        self.heredocs = pending

    def chain(self) -> Chain:
        pipelines, operators = [self.pipeline()], []
        while True:
            self.skip_blanks()
            operator = self.control()
            if operator not in ("&&", "||"):
                break
            self.at += 2
            self.skip_empty_lines()
            operators.append(operator)
            pipelines.append(self.pipeline())
        if operator == "&":
            self.at += 1
        return Chain(tuple(pipelines), tuple(operators), operator == "&")

    def pipeline(self) -> Pipeline:
        self.skip_blanks()
        negated, start = False, self.at
        while True:  # `! time -p !` is allowed in any order
            if self.takes("!"):
                negated = not negated
            elif self.takes("time"):
                self.takes("-p")
                self.takes("--")
            else:
                break
        if self.at > start and (self.at == len(self.text) or self.control() in ("\n", ";", "&")):
            return Pipeline((Simple((), ()),), negated)  # `!` or `time` with no command is none
        commands = [self.command()]
        self.skip_blanks()
        while self.control() in ("|", "|&"):
            self.at += len(self.control())
            self.skip_empty_lines()
            commands.append(self.command())
            self.skip_blanks()
        return Pipeline(tuple(commands), negated)

    def command(self) -> Command:
        self.skip_blanks()
        self.commands += 1
        if self.commands > COMMANDS_LIMIT:
            raise ShellFault(f"more than {COMMANDS_LIMIT} commands", self.at)
        reserved = self.bare()
        compounds: dict[str, _Reader] = {
            "if": self._if, "case": self._case, "for": self._for, "while": self._while, "until": self._while,
            "select": self._select, "{": self._group, "[[": self._test, "function": self._function,
        }  # fmt: skip
        compound = compounds.get(reserved)
        if compound is None and self.control() == "(":
            compound, reserved = (self._arithmetic_command if self.peek(2) == "((" else self._subshell), ""
        if compound is None:
            return self._simple()
        self.deeper()
        self.at += len(reserved)
        command = compound()
        self.depth -= 1
        self.redirects()
        return command

    def _simple(self) -> Command:
        assignments: list[Word] = []
        words: list[Word] = []
        start, before = self.at, self.bare()
        noted = len(self.heredocs)
        declares = False
        if before in _CLOSING:
            raise self.unexpected()
        while True:
            self.skip_blanks()
            if self.redirect():
                continue
            word = self.word(arrays=not words or declares)
            if word is None:
                break
            if not words and assignment(word):
                assignments.append(word)
                continue
            if not words:
                declares = self.text[word.start : self.at] in DECLARATIONS
            words.append(word)
            if len(words) == 1 and not assignments and self.takes("("):
                return self._function_body(before)
        if self.at == start or self.control() == "(":
            raise self.unexpected()
        self._mark(start, assignments, words)
        return Simple(tuple(assignments), tuple(words), tuple(self.heredocs[noted:]))

    def _mark(self, start: int, assignments: list[Word], words: list[Word]) -> None:
        """Note commands that are flags, and where commands with the words of a call begin and end."""
        if words and not assignments and self.text.startswith("-", words[0].start):
            self.mark("dashes", words[0].start, words[-1].end)
        if assignments and not words:
            self.mark("assigned", start, assignments[-1].end)
        if re.search("swift|deploy", self.text[start : self.at]):
            self.mark("command", start, self.at)
            self.mark("program", words[0].start if words else self.at, words[0].end if words else self.at)

    def _if(self) -> Branches:
        conditions, bodies = [self.block("then")], []
        exhaustive = False
        while True:
            self.take("then")
            bodies.append(self.block("elif", "else", "fi"))
            if not self.takes("elif"):
                break
            conditions.append(self.block("then"))
        if self.takes("else"):
            exhaustive = True
            bodies.append(self.block("fi"))
        self.take("fi")
        return Branches(tuple(conditions), tuple(bodies), exhaustive)

    def _case(self) -> Branches:
        self.skip_blanks()
        if self.word() is None:
            raise self.unexpected()
        self.skip_empty_lines()
        self.take("in")
        bodies = []
        while self.skip_empty_lines() and self.bare() != "esac":
            self._case_patterns()
            bodies.append(self.block(";;", ";&", ";;&", "esac", may_be_empty=True))
            if self.bare() != "esac":
                self.at += len(self.control())
        self.take("esac")
        return Branches((), tuple(bodies), exhaustive=False)

    def _case_patterns(self) -> None:
        self.takes("(")
        self.skip_blanks()
        while self.word() is not None:
            self.skip_blanks()
            if not self.takes("|"):
                break
            self.skip_blanks()
        self.take(")")

    def _for(self) -> Loop:
        """``for``; without words it goes through the parameters."""
        start = self.at
        self.skip_blanks()
        counts = self.peek(2) == "(("
        if counts:
            self._arithmetic_command()
        elif self.word() is None:
            raise self.unexpected()
        name = _VARIABLE.findall(self.text[start : self.at])[:1]
        self.skip_empty_lines()
        words = self._words() if self.takes("in") else (Word((_PARAMETERS,), start, start),)
        self.takes(";")
        loop = self._loop((), start, frozenset(name))
        if counts or not name or _BREAKS.search(self.text, start, self.at):
            return loop
        return replace(loop, name=name[0], over=words)

    def _select(self) -> Loop:
        return replace(self._for(), over=None)

    def _words(self) -> tuple[Word, ...]:
        words: list[Word] = []
        self.skip_blanks()
        while word := self.word():
            words.append(word)
            self.skip_blanks()
        return tuple(words)

    def _while(self) -> Loop:
        start = self.at
        return self._loop(self.block("do"), start, frozenset())

    def _loop(self, condition: Block, start: int, changing: frozenset[str]) -> Loop:
        self.skip_empty_lines()
        if self.takes("{"):  # an old spelling that bash still takes after `for`
            body, end = self.block("}"), "}"
        else:
            self.take("do")
            body, end = self.block("done"), "done"
        self.take(end)
        return Loop(condition, body, changing | assigned_in(self.text[start : self.at]))

    def _group(self) -> Group:
        body = self.block("}")
        self.take("}")
        return Group(body, subshell=False)

    def _subshell(self) -> Group:
        self.take("(")
        body = self.block(")")
        self.take(")")
        return Group(body, subshell=True)

    def _arithmetic_command(self) -> Command:
        """``((…))``, or a subshell in a subshell where the parentheses do not close together."""
        start = self.at
        if self._arithmetic(start, quoted=True) is None:
            return self._subshell()
        return Test(frozenset(_VARIABLE.findall(self.text[start : self.at])))

    def _test(self) -> Test:
        """``[[ … ]]``: operators and parentheses inside belong to it."""
        while self.skip_empty_lines():
            if self.bare() == "]]":
                self.at += 2
                return Test(frozenset())
            if self.word() is None:
                self.at += 1
        raise self.unexpected(", ]] was expected")

    def _function(self) -> Function:
        self.skip_blanks()
        name = self.bare()
        if self.word() is None:
            raise self.unexpected()
        if self.takes("("):
            return self._function_body(name)
        self.skip_empty_lines()
        return Function(name, self.command())

    def _function_body(self, name: str) -> Function:
        self.take(")")
        self.skip_empty_lines()
        if not name or (self.bare() not in ("{", "if", "for", "while", "until", "case", "[[") and self.peek() != "("):
            raise self.unexpected()
        return Function(name, self.command())


def assigned_in(text: str) -> frozenset[str]:
    """Names that a piece of script may assign, by its looks; too many rather than too few."""
    names = {name for name in _ASSIGNED.findall(text) if name}
    for line in re.findall(r"\b(?:read|readarray|mapfile|getopts|printf|unset|export)\b[^\n;|&]*", text):
        names.update(_VARIABLE.findall(line))
    return frozenset(names)

"""Script: one ``swift deploy`` call as it is written: every use of every flag and variable, with its place."""

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from swiftcfg.config import DeployConfig, Flag, Unknown, Word
from swiftcfg.values import dataclass

if TYPE_CHECKING:
    from swiftcfg.script.fragment import File


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column, both from 1; of a command given as words, the column is the number of the word."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters of the text that was read, from the offset ``start`` up to but not including ``end``.

    A span of a word takes in its quotes and backslashes: put a quoted word in its place and the shell reads
    that one word there. A word with an expansion in it, such as ``"$PORT"``, has a span too. There is no span
    (None) where the characters stand for several words (``$FLAGS``, ``{a,b}``), where a word came from
    somewhere else (``$CMD``, ``"$@"``), where quotes hide where a part of it begins (``"--port=80"``), and
    for words of a command line.
    """

    start: int
    end: int

    def up_to(self, other: "Span") -> "Span":
        """From the start of this one to the end of the other."""
        return Span(self.start, other.end)

    def of(self, text: str) -> str:
        return text[self.start : self.end]


#: Where the name of a variable is written, and where its value is.
Spans = tuple[Span | None, Span | None]


@dataclass(frozen=True, slots=True)
class FlagUse:
    """One use of a flag. ``name`` has underscores, ``spelling`` is as written; ``glued`` for ``--name=value``.

    ``span`` is where the name is written, dashes included and ``=`` not. ``word_spans`` has one entry for each
    of ``words``. ``whole`` runs from the name to the last word: blanks, continued line ends and redirections
    between them included; it is known for ``"--name=value"`` too, where the two halves are not.
    """

    name: str
    words: tuple[Word, ...]
    spelling: str
    glued: bool
    place: Place
    span: Span | None = None
    word_spans: tuple[Span | None, ...] = ()
    whole: Span | None = None


@dataclass(frozen=True, slots=True)
class Stray:
    """A word that no flag takes: a configuration file, a lone backslash, an option with one dash."""

    word: Word
    place: Place
    span: Span | None = None


#: How a variable was set: exported in the shell, before the command, or in the shell without export.
Manner = Literal["export", "prefix", "shell"]


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A variable that is set. ``span`` is where its name is written, ``word_span`` its value, without the ``=``.

    The value may be written as nothing at all (``A=``): an empty span. ``A+=x`` and a variable that a branch
    changes have no spans. The same assignment may serve several calls of a script.
    """

    name: str
    word: Word
    manner: Manner
    place: Place
    span: Span | None = None
    word_span: Span | None = None

    @property
    def whole(self) -> Span | None:
        """``NAME=value``, as one."""
        return self.span.up_to(self.word_span) if self.span and self.word_span else None


@dataclass(frozen=True, slots=True)
class Assumption:
    """A variable that may come from outside, read as its default: ``${PORT:-8000}`` as ``8000``."""

    name: str
    expression: str


#: How a call is written. shell: as words of a shell. words: each word a string of its own, in a list of YAML, JSON
#: or Python; spans take in its quotes, and a word in double quotes with escapes as in JSON can stand in its place.
#: yaml, json: settings, each flag a key (``spelling`` has no dashes), each value as YAML or JSON writes it; there are
#: no strays, and ``span`` runs from the first key (of JSON, the brace) to the end of the last flag's value.
Syntax = Literal["shell", "words", "yaml", "json"]


@dataclass(frozen=True, slots=True)
class Script:
    """One call.

    ``variables`` reach swift, each the last that was set; ``kept_back`` are set but do not reach it.
    ``wrapper`` is False for ``python -m swift.cli.deploy``, which expands no configuration file.
    ``conditional`` is True where the call may not run, as in a branch of an ``if``.

    ``programs`` are those in front of swift, the outermost first: ``nohup``, ``docker``, the ``bash`` of ``bash -c``.

    ``outdone`` stand in a file of settings or in the shell, where the other sets them too and wins.
    ``replaced`` were set before the call and set again before it, too. ``later`` are set after the last call.

    ``span`` runs from the first character of the command, with the assignments and the programs in front of
    it, to the last of its last word; redirections, ``&`` and comments that follow are outside. So what is
    written right after ``span.end`` (a blank, or a continued line end, and then a flag) reaches swift, and
    a ``NAME=value`` and a blank right before ``span.start`` is an assignment in front of the command, which
    reaches swift unless ``clears`` says that a program in front of it drops variables. The characters between
    two of its words (a blank, a continued line end with what stands before the next word there) can be
    copied: they separate words wherever in the file the call stands. ``forbidden`` are characters that
    must not be put in, because the call itself is written in quotes (``bash -c '…'``), or in YAML or JSON.
    A function that is called twice makes two calls with the same spans. ``file`` is what the call was read from.
    ``network`` is the same for calls of a file that run at the same time and take their ports from one machine or
    pod; it is None where nothing tells that.
    """

    flags: tuple[FlagUse, ...]
    variables: tuple[VariableUse, ...]
    kept_back: tuple[VariableUse, ...]
    strays: tuple[Stray, ...]
    place: Place
    wrapper: bool = True
    conditional: bool = False
    assumed: tuple[Assumption, ...] = ()
    replaced: tuple[VariableUse, ...] = ()
    outdone: tuple[VariableUse, ...] = ()
    later: tuple[VariableUse, ...] = ()
    span: Span | None = None
    clears: bool = False
    programs: tuple[str, ...] = ()
    forbidden: str = ""
    syntax: Syntax = "shell"
    file: "File | None" = field(default=None, compare=False, repr=False)
    network: str | None = None

    @property
    def start(self) -> Place:
        """Where the first character of the command is written, or the place that it came out of."""
        return self.file.place(self.span.start) if self.file and self.span else self.place

    def config(self) -> DeployConfig:
        """What the call means: of a flag given twice the last use counts, as ms-swift's parser has it."""
        flags = {use.name: use.words for use in self.flags}
        environment = {use.name: use.word for use in self.variables}
        return DeployConfig(tuple(environment.items()), tuple(Flag(name, words) for name, words in flags.items()))

    @property
    def says_more(self) -> bool:
        """Whether it has flags or what may be meant for some; in a sentence plain words stand around it."""
        return bool(self.flags) or any(not str(stray.word).isalpha() for stray in self.strays[:1])

    def config_file(self) -> Stray | None:
        """The file of ``swift deploy file.yaml …``, which must be the first word (ms-swift >= 4.1.0)."""
        first = min((use.place for use in self.flags), default=None)
        if not self.wrapper or not self.strays or (first and first < self.strays[0].place):
            return None
        word = self.strays[0].word
        text = word.expression if isinstance(word, Unknown) else word
        return self.strays[0] if text.endswith((".json", ".yaml", ".yml")) else None

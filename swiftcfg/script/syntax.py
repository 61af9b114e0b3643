"""What a shell script is made of, before anything is expanded: pieces, words and commands."""

from swiftcfg.values import dataclass


class ShellFault(Exception):  # noqa: N818  (a fault of the text, told to the user as such)
    """The text is no shell from ``offset`` on: bash runs what stands on earlier lines and nothing after."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that mean themselves; quoted ones are never split and never patterns."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name<operator>operand}``, with an operator out of ``- = ? +``, each also with a colon."""

    name: str
    operator: str
    operand: "tuple[Piece, ...]"
    quoted: bool
    expression: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """What only a running shell can tell: a command substitution, arithmetic, ``${name%pattern}``.

    ``bad``: bash stops where it comes to run this, and says ``bad substitution``.
    """

    expression: str
    quoted: bool
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Elements:
    """All of an array, ``${name[@]}``, or all parameters of a function, ``$@``; ``joined`` with ``*`` for ``@``."""

    name: str
    joined: bool
    quoted: bool
    expression: str


@dataclass(frozen=True, slots=True)
class Array:
    """``(…)`` after ``name=``."""

    words: "tuple[Word, ...]"
    expression: str
    quoted: bool = True


Piece = Text | Parameter | Opaque | Elements | Array


@dataclass(frozen=True, slots=True)
class Word:
    """One word as written, quotes included, from the offset ``start`` of the script up to ``end``."""

    pieces: tuple[Piece, ...]
    start: int
    end: int


@dataclass(slots=True)
class Heredoc:
    """``<<DELIMITER``; its lines follow the command, so that ``lines`` are filled in after it has been read."""

    delimiter: str
    strips_tabs: bool
    literal: bool
    lines: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with its words; ``assignments`` are the ``A=b`` before the first word."""

    assignments: tuple[Word, ...]
    words: tuple[Word, ...]
    heredocs: tuple[Heredoc, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``; with more than one, each runs in a shell of its own."""

    commands: "tuple[Command, ...]"
    negated: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """Pipelines joined by ``&&`` and ``||``; ``operators`` is one shorter than ``pipelines``."""

    pipelines: tuple[Pipeline, ...]
    operators: tuple[str, ...]
    background: bool


#: A list of commands.
Block = tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``{ …; }``, or ``( … )`` when ``subshell``."""

    body: Block
    subshell: bool


@dataclass(frozen=True, slots=True)
class Branches:
    """``if`` and ``case``: bodies of which at most one runs; ``exhaustive`` when one of them always does.

    ``conditions`` run before; of a ``case`` there are none.
    """

    conditions: tuple[Block, ...]
    bodies: tuple[Block, ...]
    exhaustive: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """``for``, ``select``, ``while`` and ``until``: the body runs any number of times.

    ``changing`` names the variables that something inside assigns. ``over`` are the words of a ``for``, whose variable
    is ``name``, where each of them is one round: nothing in the body breaks off.
    """

    condition: Block
    body: Block
    changing: frozenset[str]
    name: str = ""
    over: tuple[Word, ...] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    body: "Command"


@dataclass(frozen=True, slots=True)
class Test:
    """``[[ … ]]`` or ``(( … ))``; arithmetic may change the variables in ``changing``."""

    changing: frozenset[str]


Command = Simple | Group | Branches | Loop | Function | Test

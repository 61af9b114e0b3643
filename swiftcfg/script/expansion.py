"""From words to the fields a program receives: expansion, splitting and braces, in bash's order."""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

from swiftcfg.config import Unknown
from swiftcfg.config import Word as Value
from swiftcfg.script.braces import expand_braces
from swiftcfg.script.parser import ASSIGNMENT
from swiftcfg.script.syntax import Array, Elements, Opaque, Parameter, Piece, ShellFault, Text, Word
from swiftcfg.script.words import Field, joined
from swiftcfg.values import dataclass

#: The longest argument Linux passes to a program (MAX_ARG_STRLEN, include/uapi/linux/binfmts.h: 32 pages).
LONGEST_VALUE = 131_072

_PATTERN = re.compile(r"[*?]")
_HOME = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*=(?:.*:)?|)~")

_HOME_IN_VALUE = re.compile(r"(?:.*:)?~")


class Outside:
    """The value of a variable that the script does not set."""


OUTSIDE = Outside()


class Variables(Protocol):
    """What expansion asks of the shell; None is a variable that is known to be unset."""

    def lookup(self, name: str) -> Value | Outside | None: ...
    def elements(self, name: str) -> Sequence[Field] | None: ...
    def assign(self, name: str, value: Value) -> None: ...
    def assume(self, name: str, expression: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Part of a field: ``split`` where it came out of an expansion that no quote protects."""

    value: Value
    quoted: bool
    split: bool = False


#: Between two elements of an array: here one field ends and the next begins.
_BREAK = _Chunk(Unknown(""), quoted=False)


def value_of(pieces: Iterable[Piece], variables: Variables) -> Value:
    """The value of an assignment: expanded, but neither split nor matched with file names."""
    chunks = _value_chunks(pieces, variables)
    if any(_is_literal(chunk) and _HOME_IN_VALUE.match(str(chunk.value)) for chunk in chunks):
        return Unknown(_text(chunks))
    return _bounded(tuple(chunk.value for chunk in chunks))


def value_parts(pieces: Iterable[Piece], variables: Variables) -> tuple[Value, ...]:
    """The same in its parts, known and unknown."""
    return _parts([chunk.value for chunk in _value_chunks(pieces, variables)])


def _value_chunks(pieces: Iterable[Piece], variables: Variables) -> list[_Chunk]:
    return [
        _Chunk(" ", quoted=True) if chunk is _BREAK else chunk
        for piece in pieces
        for chunk in _chunks(piece, variables)
    ]


def fields_of(word: Word, variables: Variables) -> list[tuple[Value, ...]]:
    """The fields one word becomes, each as its known and unknown parts; none, where it expands to nothing."""
    alternatives = expand_braces(word.pieces)
    if alternatives is None:
        whole = _text([chunk for piece in word.pieces for chunk in _chunks(piece, variables)])
        known = whole.partition("{")[0] if isinstance(word.pieces[0], Text) else ""
        return [_parts((known, Unknown(whole.removeprefix(known))))]
    return [field for pieces in alternatives for field in _split(pieces, variables)]


def _split(pieces: Sequence[Piece], variables: Variables) -> list[tuple[Value, ...]]:
    fields: list[list[_Chunk]] = []
    open_field: list[_Chunk] = []
    for piece in pieces:
        for chunk in _chunks(piece, variables):
            if chunk is _BREAK:
                fields += [open_field] if _stands(open_field) else []
                open_field = []
                continue
            if not chunk.split or isinstance(chunk.value, Unknown):
                open_field.append(chunk)
                continue
            for between, text in re.findall(r"([ \t\n]+)|([^ \t\n]+)", chunk.value):
                if between and _stands(open_field):
                    fields.append(open_field)
                    open_field = []
                elif text:
                    open_field.append(_Chunk(text, quoted=False, split=True))
    fields += [open_field] if _stands(open_field) else []
    return [_finished(chunks) for chunks in fields]


def _stands(chunks: list[_Chunk]) -> bool:
    """Whether there is a field at all: something in it, or a quote that makes an empty one."""
    return any(chunk.quoted or chunk.value for chunk in chunks)


def _finished(chunks: list[_Chunk]) -> tuple[Value, ...]:
    """Parts of a field; what depends on the files or on the home of whoever runs it is unknown.

    A pattern in brackets is taken as text, which it is unless a file happens to match it.
    """
    before: list[Value] = []
    if _is_literal(chunks[0]) and _HOME.match(str(chunks[0].value)):
        return (Unknown(_text(chunks)),)
    for number, chunk in enumerate(chunks):
        match = None if chunk.quoted or isinstance(chunk.value, Unknown) else _PATTERN.search(chunk.value)
        if match:
            rest = _Chunk(match.string[match.start() :], quoted=False)
            kept = joined((*before, match.string[: match.start()]))
            return (kept, Unknown(_text([rest, *chunks[number + 1 :]])))
        before.append(chunk.value)
    return _parts(before)


def _parts(values: Sequence[Value]) -> tuple[Value, ...]:
    """The same value with neighbouring texts joined, so that what is known in front is one text."""
    parts: list[Value] = []
    for value in values:
        if parts and isinstance(value, str) and isinstance(parts[-1], str):
            parts[-1] += value
        elif value or not parts:
            parts.append(value)
    return tuple(parts)


def _bounded(values: tuple[Value, ...]) -> Value:
    value = joined(values)
    text = value.expression if isinstance(value, Unknown) else value
    return value if len(text) < LONGEST_VALUE else Unknown("a value too long for any program")


def _text(chunks: Iterable[_Chunk]) -> str:
    word = joined(tuple(chunk.value for chunk in chunks))
    return word.expression if isinstance(word, Unknown) else word


def _is_literal(chunk: _Chunk) -> bool:
    return not chunk.quoted and not chunk.split and isinstance(chunk.value, str)


def _chunks(piece: Piece, variables: Variables) -> list[_Chunk]:
    match piece:
        case Text(text, quoted):
            return [_Chunk(text, quoted)]
        case Opaque(expression, bad=True):
            raise ShellFault(f"bad substitution: {expression[:60]}", 0)
        case Opaque(expression, quoted) | Array(_, expression, quoted):
            return [_Chunk(Unknown(expression), quoted, split=not quoted)]
        case Elements():
            return _elements(piece, variables)
        case Parameter():
            return _parameter(piece, variables)


def _elements(piece: Elements, variables: Variables) -> list[_Chunk]:
    """All elements, with breaks between them unless they are joined by blanks to one word."""
    found = variables.elements(piece.name)
    if found is None:
        return [_Chunk(Unknown(piece.expression), piece.quoted, split=not piece.quoted)]
    between = _Chunk(" ", quoted=True) if piece.joined and piece.quoted else _BREAK
    chunks = _own("", piece) if piece.joined and piece.quoted else []
    for number, one in enumerate(found):
        chunks += [between] if number else []
        chunks += [_Chunk(part, piece.quoted, split=not piece.quoted) for part in one.parts]
    return chunks


def _parameter(piece: Parameter, variables: Variables) -> list[_Chunk]:
    """A parameter with its operator; the colon makes an empty value count as none."""
    found = variables.lookup(piece.name)
    operator = piece.operator.removeprefix(":")
    unknown = [_Chunk(Unknown(piece.expression), piece.quoted, split=not piece.quoted)]
    if isinstance(found, Unknown) or (found is OUTSIDE and operator in ("", "?", "+")):
        return unknown
    missing = found is None or found is OUTSIDE or (found == "" and piece.operator.startswith(":"))
    if operator == "+":
        return _operand(piece, variables) if not missing else _own("", piece)
    if not missing or not operator:
        return _own(found if isinstance(found, str) else "", piece)
    if operator == "?":
        return unknown
    if found is OUTSIDE:
        variables.assume(piece.name, piece.expression)
    chunks = _operand(piece, variables)
    if operator == "=":
        variables.assign(piece.name, _bounded(tuple(chunk.value for chunk in chunks)))
    return chunks


def _own(text: str, piece: Parameter | Elements) -> list[_Chunk]:
    return [_Chunk(text, piece.quoted, split=not piece.quoted)]


def _operand(piece: Parameter, variables: Variables) -> list[_Chunk]:
    """The words after an operator; what is unquoted there is split like any other expansion."""
    chunks = [chunk for inner in piece.operand for chunk in _chunks(inner, variables)]
    if any(_is_literal(chunk) and str(chunk.value).startswith("~") for chunk in chunks[:1]):
        return [_Chunk(Unknown(piece.expression), piece.quoted, split=not piece.quoted)]
    if piece.quoted:
        return [_Chunk(chunk.value, quoted=True) for chunk in chunks] or _own("", piece)
    return [_Chunk(chunk.value, chunk.quoted, split=not chunk.quoted) for chunk in chunks]


def declared(text: str) -> tuple[str, str] | None:
    """Name and value of ``NAME=value`` in one finished word; None where it is no assignment."""
    match = ASSIGNMENT.match(text)
    return (match.group(1), text[match.end() :]) if match and not match.group(2) and not match.group(3) else None

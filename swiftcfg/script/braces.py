"""``{a,b}`` and ``{1..3}``: what bash makes of braces before anything else is expanded."""

from collections.abc import Sequence
from itertools import pairwise

from swiftcfg.script.syntax import Piece, Text

#: More alternatives, or more braces in one word, are no command that a person wrote.
ALTERNATIVES_LIMIT = 1000
BRACES_LIMIT = 50

#: A single unquoted character, or a piece that braces do not look into.
_Atom = str | Piece


def expand_braces(pieces: Sequence[Piece]) -> list[tuple[Piece, ...]] | None:
    """The words that one word becomes; None where it is a sequence such as ``{1..3}``, or too many."""
    if not any(isinstance(piece, Text) and not piece.quoted and "{" in piece.text for piece in pieces):
        return [tuple(pieces)]
    atoms: list[_Atom] = []
    for piece in pieces:
        atoms += piece.text if isinstance(piece, Text) and not piece.quoted else [piece]
    if atoms.count("{") > BRACES_LIMIT:
        return None
    try:
        return [_pieces(alternative) for alternative in _alternatives(atoms, 0)]
    except _NotRead:
        return None


class _NotRead(Exception):  # noqa: N818  (nobody's error: the word stays unknown)
    pass


def _alternatives(atoms: list[_Atom], first: int) -> list[list[_Atom]]:
    """All words of ``atoms``; braces that open before ``first`` are plain text."""
    for start in range(first, len(atoms)):
        if atoms[start] != "{":
            continue
        commas, end = _extent(atoms, start)
        if end is None:
            continue
        inner = atoms[start + 1 : end]
        if not commas and _has_sequence(inner):
            raise _NotRead
        if not commas:
            continue
        edges = [start, *commas, end]
        choices = [atoms[left + 1 : right] for left, right in pairwise(edges)]
        heads = [word for choice in choices for word in _alternatives(choice, 0)]
        tails = _alternatives(atoms[end + 1 :], 0)
        if len(heads) * len(tails) > ALTERNATIVES_LIMIT:
            raise _NotRead
        return [atoms[:start] + head + tail for head in heads for tail in tails]
    return [atoms]


def _extent(atoms: list[_Atom], start: int) -> tuple[list[int], int | None]:
    """Where the brace at ``start`` has its own commas, and where it closes."""
    depth = 0
    commas: list[int] = []
    for at in range(start, len(atoms)):
        if atoms[at] == "{":
            depth += 1
        elif atoms[at] == "}":
            depth -= 1
            if depth == 0:
                return commas, at
        elif atoms[at] == "," and depth == 1:
            commas.append(at)
    return commas, None


def _has_sequence(atoms: list[_Atom]) -> bool:
    return any(left == right == "." for left, right in pairwise(atoms))


def _pieces(atoms: list[_Atom]) -> tuple[Piece, ...]:
    """Pieces again, neighbouring characters as one text."""
    pieces: list[Piece] = []
    for atom in atoms:
        last = pieces[-1] if pieces else None
        if not isinstance(atom, str):
            pieces.append(atom)
        elif isinstance(last, Text) and not last.quoted:
            pieces[-1] = Text(last.text + atom, quoted=False)
        else:
            pieces.append(Text(atom, quoted=False))
    return tuple(pieces)

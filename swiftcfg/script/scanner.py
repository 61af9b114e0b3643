"""From characters to words, with every kind of quote; the same rules as bash, broken continuations included."""

import re

from swiftcfg.script.ansi import decode
from swiftcfg.script.syntax import Array, Elements, Opaque, Parameter, Piece, ShellFault, Text, Word

#: Something that was read past: its kind, where it starts and where it ends.
Mark = tuple[str, int, int]

#: What ends a word. A carriage return, a no-break space and other blanks are ordinary characters to a shell.
METACHARACTERS = frozenset(" \t\n;&|<>()")

#: Deeper nesting than this is no script that a person wrote; the bound keeps Python's stack safe.
DEPTH_LIMIT = 40

#: Pieces of words in one text; ten thousand lines of a real script have fewer.
PIECES_LIMIT = 100_000

#: Characters in which ``((`` must find its ``))``; without a bound every parenthesis would search to the end.
LONGEST_ARITHMETIC = 10_000

_PLAIN_RUN = re.compile(r"""[^ \t\n;&|<>()'"\\$`}]+""")
_PLAIN_IN_QUOTES = re.compile(r"""[^'"\\$`}]+""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME_OR_NUMBER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[1-9][0-9]*")
_SPECIAL = re.compile(r"[#?$!0-9-]")
_ALL = re.compile(r"\{([@*])\}|\{([A-Za-z_][A-Za-z0-9_]*)\[([@*])\]\}|([@*])")
_ARRAY_START = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]\n]{0,200}\])?\+?=\(")
#: What may stand between ``${`` and ``}``: a length, an indirection, an element, or a name with an operator.
_SUBSTITUTION = re.compile(
    r"\$\{(?:[#!]?(?:[A-Za-z_]\w*|\d+|[@*#?$!-])(?:\[[^\]\n]*\])?(?:[-:=?+%#/^,@*].*)?|#)\}", re.ASCII | re.DOTALL
)
_OPERATOR = re.compile(r":?[-=?+]")


class Scanner:
    """A place in a text, and what can be read from there on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = self.count = self.commands = 0
        self.in_heredoc = False
        self.marks: list[Mark] = []

    def read_commands(self) -> None:
        """Read what follows ``$(``, the closing parenthesis included; the parser knows how."""
        raise NotImplementedError

    def mark(self, kind: str, start: int, end: int) -> None:
        """Note what is thrown away while reading; who explains a broken script asks for it."""
        self.marks.append((kind, start, end))

    def peek(self, length: int = 1) -> str:
        return self.text[self.at : self.at + length]

    def deeper(self, by: int = 1) -> None:
        self.depth += by
        if self.depth > DEPTH_LIMIT:
            raise ShellFault("nested too deeply", self.at)

    def skip_blanks(self) -> None:
        """Step over blanks, continued line ends and a comment, to where the next token starts."""
        while True:
            if self.peek() in (" ", "\t"):
                self.at += 1
            elif self.peek(2) == "\\\n":
                self.mark("continued", self.at, self.at + 2)
                self.at += 2
            elif self.peek() == "#":
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                self.mark("comment", self.at, end)
                self.at = end
            elif self.peek() == "\\" and self.at == len(self.text) - 1:
                self.mark("continued", self.at, self.at + 1)
                self.at += 1  # bash drops a backslash that ends the file
            else:
                return

    def word(self, *, arrays: bool = False) -> Word | None:
        """The word that starts here, or None at an operator or the end.

        With ``arrays``, ``name=(…)`` is one word, as it is where assignments are expected.
        """
        start = self.at
        pieces: list[Piece] = []
        if self.peek(2) in ("<(", ">("):
            self.at += 1
            pieces.append(self._substitution(start, quoted=False))
        match = _ARRAY_START.match(self.text, self.at) if arrays else None
        if match:
            pieces += [Text(match.group()[:-1], quoted=False), self._array(match.end())]
        pieces += self._pieces(METACHARACTERS, in_double=False)
        return Word(tuple(pieces), start, min(self.at, len(self.text))) if self.at > start else None

    def _pieces(self, ends: frozenset[str], *, in_double: bool) -> list[Piece]:
        """Pieces up to one of ``ends`` that no quote protects, or to the end of the text."""
        run = _PLAIN_IN_QUOTES if in_double or ends is not METACHARACTERS else _PLAIN_RUN
        pieces: list[Piece] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in ends:
                break
            self.count += 1
            if self.count > PIECES_LIMIT:
                raise ShellFault(f"more than {PIECES_LIMIT} words and parts of words", self.at)
            match = run.match(self.text, self.at)
            if match:
                self.at = match.end()
                _append(pieces, Text(match.group(), in_double))
            elif character == "\\":
                pieces += self._escaped(in_double=in_double, ends=ends)
            elif character == "'" and not in_double:
                pieces.append(Text(self._single(), quoted=True))
            elif character == '"' and not self.in_heredoc:
                pieces += self._double()
            elif character == "$":
                pieces += self._dollar(quoted=in_double)
            elif character == "`":
                pieces.append(self._backticks(quoted=in_double))
            else:
                self.at += 1
                pieces.append(Text(character, in_double))
        return pieces

    def _escaped(self, *, in_double: bool, ends: frozenset[str]) -> list[Piece]:
        following = self.text[self.at + 1 : self.at + 2]
        if not in_double and following in " \t\r\n":
            self.mark("escaped", self.at, min(self.at + 2, len(self.text)))
        self.at = min(self.at + 2, len(self.text))
        if following == "\n":
            return []
        if not following:
            return [Text("\\", quoted=True)]
        special = "$`\\" if self.in_heredoc else '$`"\\'
        literal = in_double and following not in special and not (following == "}" and "}" in ends)
        return [Text("\\" + following if literal else following, quoted=True)]

    def _single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ShellFault("a single quote is never closed", self.at)
        body = self.text[self.at + 1 : end]
        self.mark("quoted", self.at, end + 1)
        self.at = end + 1
        return body

    def _double(self) -> list[Piece]:
        start = self.at
        self.at += 1
        pieces = self._pieces(frozenset('"'), in_double=True)
        if self.peek() != '"':
            raise ShellFault("a double quote is never closed", start)
        self.at += 1
        self.mark("quoted", start, self.at)
        return pieces or [Text("", quoted=True)]

    def _ansi(self) -> Text:
        match = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL).match(self.text, self.at)
        if not match:
            raise ShellFault("a single quote is never closed", self.at + 1)
        self.mark("quoted", self.at, match.end())
        self.at = match.end()
        return Text(decode(match.group(1)), quoted=True)

    def _backticks(self, *, quoted: bool) -> Opaque:
        match = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL).match(self.text, self.at)
        if not match:
            raise ShellFault("a backtick is never closed", self.at)
        self.mark("quoted", self.at, match.end())
        self.at = match.end()
        return Opaque(match.group(), quoted)

    def _dollar(self, *, quoted: bool) -> list[Piece]:
        start, following = self.at, self.text[self.at + 1 : self.at + 2]
        if following in ("'", '"') and not quoted:
            return self._dollar_quote(following)
        if everything := _ALL.match(self.text, self.at + 1):
            self.at = everything.end()
            own, name, star, bare = everything.groups()
            return [Elements(name or "@", (own or star or bare) == "*", quoted, everything.string[start : self.at])]
        if following == "{":
            return [self._braced(quoted=quoted)]
        return [self._expansion(start, following, quoted=quoted)]

    def _expansion(self, start: int, following: str, *, quoted: bool) -> Piece:
        """``$name``, ``$(…)``, ``$((…))``, ``$[…]``, or a dollar that is only that."""
        self.at += 1
        if following == "(":
            return self._arithmetic(start, quoted=quoted) or self._substitution(start, quoted=quoted)
        if following == "[":
            return self._until("]", start, quoted=quoted)
        match = _NAME.match(self.text, self.at) or _SPECIAL.match(self.text, self.at)
        if not match:
            return Text("$", quoted)
        self.at = match.end()
        return Parameter(match.group(), "", (), quoted, "$" + match.group())

    def _dollar_quote(self, quote: str) -> list[Piece]:
        """``$'…'`` has escapes of its own; ``$"…"`` is translated, and read as it stands."""
        if quote == "'":
            return [self._ansi()]
        self.at += 1
        return self._double()

    def _braced(self, *, quoted: bool) -> Piece:
        """``${…}``: a parameter where it is one of the plain forms, else something only a shell can tell."""
        start = self.at
        self.at += 2
        self.deeper()
        name = _NAME_OR_NUMBER.match(self.text, self.at)
        operator = _OPERATOR.match(self.text, name.end()) if name else None
        self.at = operator.end() if operator else self.at
        operand = self._pieces(frozenset("}"), in_double=quoted)
        self.depth -= 1
        if self.peek() != "}":
            raise ShellFault("${ is never closed", start)
        self.at += 1
        expression = self.text[start : self.at]
        if name and operator:
            return Parameter(name.group(), operator.group(), tuple(operand), quoted, expression)
        if name and name.end() == self.at - 1:
            return Parameter(name.group(), "", (), quoted, expression)
        return Opaque(expression, quoted, bad=not _SUBSTITUTION.match(expression.replace("\\\n", "")))

    def _arithmetic(self, start: int, *, quoted: bool) -> Opaque | None:
        """``$((…))`` when the parentheses say so; None where it is a substitution that starts with a subshell."""
        if self.peek(2) != "((":
            return None
        open_now = 0
        for match in re.compile(r"[()]").finditer(self.text, self.at, self.at + LONGEST_ARITHMETIC):
            open_now += 1 if match.group() == "(" else -1
            if open_now == 1 and match.group() == ")":
                if self.text[match.end() : match.end() + 1] != ")":
                    return None
                self.at = match.end() + 1
                return Opaque(self.text[start : self.at], quoted)
        return None

    def _substitution(self, start: int, *, quoted: bool) -> Opaque:
        """``$(…)``, ``<(…)`` or ``>(…)``; the commands inside are read so that the right parenthesis ends it."""
        self.at += 1
        self.deeper()
        self.read_commands()
        self.depth -= 1
        return Opaque(self.text[start : self.at], quoted)

    def _until(self, end: str, start: int, *, quoted: bool) -> Opaque:
        found = self.text.find(end, self.at)
        if found < 0:
            raise ShellFault(f"no {end} after {self.text[start : self.at + 1]}", start)
        self.at = found + 1
        return Opaque(self.text[start : self.at], quoted)

    def _array(self, first: int) -> Array:
        """The rest of ``name=(…)``, blanks, line ends and comments inside included."""
        start = first - 1
        words: list[Word] = []
        self.at = first
        while True:
            self.skip_blanks()
            if self.peek() == "\n":
                self.at += 1
            elif self.peek() == ")":
                self.at += 1
                return Array(tuple(words), self.text[start : self.at])
            elif (word := self.word()) is None:
                raise ShellFault("an array is never closed", start)
            else:
                words.append(word)


def _append(pieces: list[Piece], text: Text) -> None:
    """Add a text, as one with the last where only a continued line end stood between them."""
    last = pieces[-1] if pieces else None
    if isinstance(last, Text) and not last.quoted and not text.quoted:
        pieces[-1] = Text(last.text + text.text, quoted=False)
    else:
        pieces.append(text)

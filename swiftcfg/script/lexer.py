"""From characters to tokens: what stands between the words of a script."""

import re

from swiftcfg.script.scanner import METACHARACTERS, Scanner
from swiftcfg.script.syntax import Heredoc, ShellFault

_CONTROL = re.compile(r"&&|\|\||;;&|;;|;&|\|&|[;&|()\n]")
_REDIRECT = re.compile(r"(?:\d+|\{[A-Za-z_]\w*\})?(<<<|<<-|<<|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|(&>>|&>)", re.ASCII)
_BARE = re.compile(r"""[^ \t\n;&|<>()'"\\$`]+""")


class Lexer(Scanner):
    """Operators, reserved words, redirections and line ends, on top of words."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.heredocs: list[Heredoc] = []

    def control(self) -> str:
        """The control operator that starts here, or an empty text; redirections are not among them."""
        if _REDIRECT.match(self.text, self.at):
            return ""
        match = _CONTROL.match(self.text, self.at)
        return match.group() if match else ""

    def bare(self) -> str:
        """The word that starts here if it has no quotes or expansions: only such a word can be reserved."""
        match = _BARE.match(self.text, self.at)
        if not match:
            return ""
        end = match.end()
        while self.text.startswith("\\\n", end):
            end += 2
        return match.group() if self.text[end : end + 1] in METACHARACTERS | {""} else ""

    def take(self, word: str) -> None:
        """Step over a reserved word or operator; it must be here."""
        self.skip_blanks()
        if word not in (self.control(), self.bare()):
            raise self.unexpected(f", {word} was expected")
        self.at += len(word)

    def takes(self, word: str) -> bool:
        self.skip_blanks()
        found = word in (self.control(), self.bare())
        self.at += len(word) if found else 0
        return found

    def unexpected(self, rest: str = "") -> ShellFault:
        shown = self.control() or self.bare() or self.peek(12)
        what = {"": "end", "\n": "end of line"}.get(shown, repr(shown))
        return ShellFault(f"unexpected {what}{rest}", self.at)

    def newline(self) -> None:
        """Step over a line end and the here-documents that start after it."""
        self.at += 1
        for heredoc in self.heredocs:
            start = self.at
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                line = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                body = line.lstrip("\t") if heredoc.strips_tabs else line
                if body == heredoc.delimiter:
                    break
                heredoc.lines.append((end - len(body), self.at))
            else:
                self.mark("unended", start, self.at)
                continue
            self.mark("quoted", start, self.at)
        self.heredocs.clear()

    def skip_empty_lines(self) -> bool:
        """Step to the next token that is no line end; False at the end of the text."""
        self.skip_blanks()
        while self.peek() == "\n":
            self.newline()
            self.skip_blanks()
        return self.at < len(self.text)

    def redirects(self) -> None:
        self.skip_blanks()
        while self.redirect():
            self.skip_blanks()

    def redirect(self) -> bool:
        """Step over a redirection, if there is one; a here-document is noted until its lines come."""
        match = _REDIRECT.match(self.text, self.at)
        if not match:
            return False
        operator = match.group(1)
        self.at = match.end()
        self.skip_blanks()
        start = self.at
        if self.word() is None:
            raise self.unexpected(f" after {match.group()}")
        if operator in ("<<", "<<-"):
            written = self.text[start : self.at]
            delimiter = re.sub(r"[\\'\"]", "", written)
            self.heredocs.append(Heredoc(delimiter, operator == "<<-", delimiter != written, []))
        return True

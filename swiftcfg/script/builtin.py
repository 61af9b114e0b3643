"""What a shell does itself where a program could stand: it sets variables, options and parameters, or reads a text."""

from collections.abc import Iterable

from swiftcfg.config import Unknown
from swiftcfg.script.braces import expand_braces
from swiftcfg.script.fragment import Fragment, with_holes
from swiftcfg.script.parser import DECLARATIONS, assignment
from swiftcfg.script.syntax import Simple, Text, Word
from swiftcfg.script.variables import Variables
from swiftcfg.script.words import Field
from swiftcfg.units import whole

#: Commands that set the variables their arguments name.
_SETTERS = frozenset({"getopts", "let", "mapfile", "printf", "read", "readarray"})

#: The letters that ``set`` takes (bash@5.2:builtins/set.def).
_SHELL_OPTIONS = frozenset("abefhkmnoptuvxBCEHPT")


class Builtins(Variables):
    """Commands that are no programs."""

    def _read(self, fragment: Fragment) -> None:
        raise NotImplementedError

    def declares(self, command: Simple) -> bool:
        """``export`` and its kin, whose arguments are assignments and not split."""
        name = command.words[0].pieces
        if len(name) != 1 or not isinstance(name[0], Text) or name[0].text not in DECLARATIONS:
            return False
        exported: bool | None = True if name[0].text == "export" else None
        arguments = [
            Word(pieces, word.start, word.end)
            for word in command.words[1:]
            for pieces in expand_braces(word.pieces) or ()
        ]
        for word in arguments:
            if assignment(word):
                self.set(word, exported=exported)
                continue
            self.here = self.fragment.place(word.start)
            for one in self.fields(word):
                text = one.head()
                if text.startswith("-") and "x" in text:
                    exported = True
                elif text.startswith(("-n", "+x")):
                    exported = False
                else:
                    self.declare(one, exported=exported)
        return True

    def builtin(self, name: str, arguments: list[Field]) -> bool:
        """Commands that change the shell itself; True where this was one."""
        texts = [one.head() for one in arguments]
        if name == "unset":
            self._unset(texts)
        elif name == "set":
            self._options(texts, arguments)
        elif name == "shift":
            self._shift(texts[0] if texts else "1")
        elif name == "eval":
            self._read(joined_text(arguments, self.fragment))
        elif name in DECLARATIONS:  # with quotes in its name, which take nothing away but the splitting
            for one in arguments:
                self.declare(one, exported=name == "export" or None)
        elif name in ("exit", "return"):
            self.state.ended = name
        elif name in _SETTERS:
            self.forget(frozenset(declaration.partition("=")[0] for declaration in texts))
        else:
            return False
        return True

    def _unset(self, texts: list[str]) -> None:
        for text in texts:
            if not text.startswith("-"):
                self.state.functions.pop(text, None)
                self.assign(text, None, exported=False)
                self.state.arrays.pop(text, None)

    def _shift(self, count: str) -> None:
        """Drop parameters from the front; with fewer than that there are, nothing happens."""
        parameters, number = self.state.parameters, whole(count)
        if parameters is None or number is None or any(one.loose for one in parameters[:number]):
            self.state.parameters = (Field((Unknown("$@"),), self.here, loose=True),)
        elif number <= len(parameters):
            self.state.parameters = parameters[number:]

    def _options(self, texts: list[str], arguments: list[Field]) -> None:
        """``set``: whether all is exported, and new parameters after the options; ``set -`` alone leaves the old.

        With an option that there is not, it does nothing.
        """
        at, exports_all = 0, self.state.exports_all
        while at < len(texts) and texts[at][:1] in ("-", "+") and texts[at] not in ("-", "--"):
            sign, letters = texts[at][0], texts[at][1:]
            if not letters or set(letters) - _SHELL_OPTIONS:
                return
            if "a" in letters or ("o" in letters and texts[at + 1 : at + 2] == ["allexport"]):
                exports_all = sign == "-"
            at += 2 if "o" in letters else 1
        self.state.exports_all = exports_all
        ends = texts[at : at + 1]
        rest = tuple(arguments[at + (ends in (["-"], ["--"])) :])
        if rest or ends == ["--"]:
            self.state.parameters = rest


def joined_text(fields: Iterable[Field], around: Fragment) -> Fragment:
    """Words as one text, with a blank between each two."""
    fields = tuple(fields)
    if len(fields) == 1:
        return fields[0].inside(around)
    parts: list[str | Unknown] = []
    for one in fields:
        parts += [" "] if parts else []
        parts += one.parts
    text, holes = with_holes(tuple(parts))
    start = fields[0].written.start if fields and fields[0].written else 0
    return around.detached(text, start, holes)

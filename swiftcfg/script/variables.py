"""What a shell holds while a script is walked through: variables, arrays, parameters, and where it reads."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from swiftcfg.config import Unknown
from swiftcfg.config import Word as Value
from swiftcfg.script.expansion import OUTSIDE, Outside, declared, fields_of, value_of
from swiftcfg.script.fragment import Fragment
from swiftcfg.script.parser import assignment
from swiftcfg.script.state import State, Variable
from swiftcfg.script.syntax import Array, Elements, Text, Word
from swiftcfg.script.uses import Assumption, Script, Spans, VariableUse
from swiftcfg.script.words import Field, Written, joined
from swiftcfg.units import whole

#: Characters that variables may expand to in one script; doubling one forty times would fill any memory.
EXPANSION_LIMIT = 2**24

#: What every login has exported already, so that a plain assignment reaches programs too.
_EXPORTED_BEFORE = frozenset({"HOME", "LANG", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "SHLVL", "TERM", "USER"})

_NOWHERE: Spans = (None, None)


class Variables:
    """Variables and the text that is being read; ``environment`` is what the shell is started with."""

    def __init__(self, fragment: Fragment, environment: Iterable[VariableUse] = ()) -> None:
        self.fragment = fragment
        self.state = State()
        self.scripts: list[Script] = []
        self.assumed: dict[str, Assumption] = {}
        self.expanded = self.group = self.doubts = 0
        self.replaced: list[VariableUse] = []
        self.set_since: dict[str, int] = {}  # how many calls there were when a variable was set
        self.here = fragment.place(0)
        self.inherit(environment)

    def inherit(self, environment: Iterable[VariableUse]) -> None:
        for use in environment:
            self.state.variables[use.name] = Variable(use.word, True, use.place, (use.span, use.word_span))  # noqa: FBT003

    # What expansion asks

    def lookup(self, name: str) -> Value | Outside | None:
        number = whole(name)
        if number is not None:
            return self._parameter(number)
        if not (name[0].isalpha() or name[0] == "_"):
            return Unknown("$" + name)
        variable = self.state.variables.get(name)
        if variable is None:
            return OUTSIDE
        self.expanded += len(variable.value) if isinstance(variable.value, str) else 0
        return variable.value if self.expanded < EXPANSION_LIMIT else Unknown("$" + name)

    def _parameter(self, number: int) -> Value | Outside | None:
        if number == 0:
            return Unknown("$0")
        if self.state.parameters is None:
            return OUTSIDE
        if any(one.loose for one in self.state.parameters[:number]):
            return Unknown(f"${number}")
        return self.state.parameters[number - 1].word() if number <= len(self.state.parameters) else None

    def elements(self, name: str) -> Sequence[Field] | None:
        """The elements of an array, or of a plain variable, which has one; None where they are not known."""
        if name == "@":
            found = self.state.parameters
        elif name in self.state.arrays:
            found = self.state.arrays[name]
        else:
            value = self.lookup(name)
            found = (Field((value,), self.here),) if isinstance(value, str) else None
        self.expanded += sum(len(str(part)) for one in found or () for part in one.parts)
        return found if self.expanded < EXPANSION_LIMIT else None

    def assign(self, name: str, value: Value | None, *, exported: bool | None = None, spans: Spans = _NOWHERE) -> None:
        """Set a variable; ``exported`` None leaves its export as it is."""
        before = self.state.variables.get(name)
        if exported is None:
            exported = self.state.exports_all or (before.exported if before else name in _EXPORTED_BEFORE)
        self._note_replaced(name, before, value)
        self.state.variables.pop(name, None)
        self.state.variables[name] = Variable(value, exported, self.here, spans)
        if name in self.state.arrays:
            self.state.arrays[name] = None

    def _note_replaced(self, name: str, before: Variable | None, value: Value | None) -> None:
        """Remember a value that no call has had when another one took its place."""
        old = before.value if before and before.place < self.here else None
        unused = self.set_since.get(name) == len(self.scripts)
        self.set_since[name] = len(self.scripts)
        if (
            before
            and unused
            and not self.doubts
            and isinstance(old, str)
            and isinstance(value, str)
            and old not in value
        ):
            self.replaced.append(VariableUse(name, old, "shell", before.place, *before.spans))

    def assume(self, name: str, expression: str) -> None:
        self.assumed.setdefault(expression, Assumption(name, expression))

    def forget(self, names: frozenset[str]) -> None:
        """These may have been set to anything."""
        for name in names & self.state.variables.keys():
            self.assign(name, Unknown(f"${name}"))

    # Words

    def fields(self, word: Word) -> list[Field]:
        """What a word of a command becomes."""
        only = word.pieces[0] if len(word.pieces) == 1 else None
        if isinstance(only, Elements) and only.quoted and not only.joined:
            found = self.elements(only.name)
            if found is not None:
                return list(found)
        fields = fields_of(word, self)
        if len(fields) == 1:
            found = [self.field(word, fields[0])]
        else:
            place = self.fragment.place(word.start)
            found = [Field(self.fragment.filled(parts), place) for parts in fields]
        if any(not isinstance(piece, Text) and not piece.quoted for piece in word.pieces):
            return [replace(one, loose=isinstance(one.word(), Unknown)) for one in found]
        return found

    def field(self, word: Word, parts: tuple[Value, ...]) -> Field:
        written = Written(self.fragment, word.start, word.end, self.group)
        return Field(self.fragment.filled(parts), self.fragment.place(word.start), written)

    def set(self, word: Word, *, exported: bool | None = None) -> VariableUse | None:
        """Carry out an assignment, and say what it did; None for one of an array, which no program sees."""
        match = assignment(word)
        if match is None:
            return None
        self.here = self.fragment.place(word.start)
        name, index, plus = match.groups()
        first = word.pieces[0]
        assert isinstance(first, Text)  # noqa: S101  (assignment() has matched it)
        array = next((piece for piece in word.pieces if isinstance(piece, Array)), None)
        if index or array:
            self._set_array(name, None if index or array is None else self._elements(array), plus=bool(plus))
            return None
        pieces = (Text(first.text[match.end() :], quoted=False), *word.pieces[1:])
        value = joined(self.fragment.filled((value_of(pieces, self),)))
        if plus:
            before = self.lookup(name)
            unknown = isinstance(before, (Unknown, Outside)) or isinstance(value, Unknown)
            value = Unknown(f"${name}") if unknown else f"{before or ''}{value}"
        spans = self.field(word, ()).halves(name)
        self.assign(name, value, exported=exported, spans=spans)
        return VariableUse(name, value, "prefix", self.here, *spans)

    def _elements(self, array: Array) -> tuple[Field, ...] | None:
        """The words of ``(…)``; None where some have an index of their own."""
        if any(isinstance(word.pieces[0], Text) and word.pieces[0].text[:1] == "[" for word in array.words):
            return None
        self.group, outer = (array.words[0].start if array.words else 0), self.group
        found = tuple(one for word in array.words for one in self.fields(word))
        self.group = outer
        return found

    def _set_array(self, name: str, found: tuple[Field, ...] | None, *, plus: bool) -> None:
        if plus and found is not None:
            plain: tuple[Field, ...] | None = None if name in self.state.variables else ()
            before = self.state.arrays.get(name, plain)
            found = None if before is None else (*before, *found)
        self.expanded += len(found or ())
        if self.expanded > EXPANSION_LIMIT:
            found = None
        first = found[0].word() if found else None
        self.assign(name, Unknown(f"${{{name}[@]}}") if found is None else first, exported=False)
        self.state.arrays[name] = found

    def declare(self, one: Field, *, exported: bool | None) -> None:
        """``export`` of a word that only became an assignment by expansion, or of a name."""
        pair = declared(one.head())
        if pair:
            value = joined((pair[1], *one.parts[1:]))
            self.assign(pair[0], value, exported=exported, spans=one.halves(pair[0]))
        elif exported is not None:
            before = self.state.variables.pop(one.head(), Variable(OUTSIDE, exported, self.here))
            self.state.variables[one.head()] = Variable(before.value, exported, before.place, before.spans)

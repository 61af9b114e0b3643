"""YAML and JSON that users give: plain data or an InputError with line and column, whatever the bytes are.

Read are mappings, lists, text, numbers, booleans and null. Refused are tags (nothing is constructed),
keys given twice, and documents whose aliases or nesting would grow beyond any profile.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from swiftcfg.errors import InputError
from swiftcfg.files import STDIN, read_bytes, shown_name

#: Profiles have a few dozen values, four levels deep. These bounds are far off and cost milliseconds.
NODE_LIMIT = 20_000
DEPTH_LIMIT = 40

_LOOK = "look at the line before that place, too: a quote or a bracket may be left open"


def read_document(path: str) -> Any:
    """The data in a YAML or JSON file, or on standard input for ``-``.

    A name ending in .json is JSON; so is what starts with a brace on standard input; all else is YAML.
    """
    content = read_bytes(path)
    is_json = content.lstrip().startswith(b"{") if path == STDIN else path.lower().endswith(".json")
    return (parse_json if is_json else parse_yaml)(content, shown_name(path))


def parse_json(content: bytes, name: str) -> Any:
    """Read JSON strictly: UTF-8, no key twice, no NaN; ``name`` is what errors call the document."""
    text = _decode(content, name)
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}", _LOOK) from None
    except RecursionError:
        raise _too_deep(name) from None
    except ValueError as error:  # from the two hooks, and from integers of thousands of digits
        raise InputError(f"{name}: {error}", "correct it in the file") from None
    _check_json(data, name)
    return data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} is given twice in one object")
        found[key] = value
    return found


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not a number that JSON knows")


def _check_json(data: Any, name: str) -> None:
    """Raise InputError for depth beyond the bound and for halves of characters that no output can hold."""
    level = [data]
    for _ in range(DEPTH_LIMIT + 1):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += [*value, *value.values()]
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str) and not _encodable(value):
                raise InputError(f"{name}: {ascii(value)[:60]} holds half of a character", "complete the \\u pair")
        if not below:
            return
        level = below
    raise _too_deep(name)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def parse_yaml(content: bytes, name: str) -> Any:
    """Read one YAML document; ``name`` is what errors call it."""
    import yaml  # noqa: PLC0415  (20 ms that readers of JSON need not pay)

    text = _decode(content, name)
    unprintable = _unprintable().search(text)
    if unprintable:
        place = _place(name, text, unprintable.start())
        raise InputError(
            f"{place}: the control character U+{ord(unprintable.group()):04X} cannot stand in YAML", "take it out"
        )
    loader = _loader()
    try:
        guard = _Guard(name)
        for event in yaml.parse(text, Loader=loader):
            guard.see(event)
        return yaml.load(text, Loader=loader)  # noqa: S506  (a safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        problem = error.problem or error.context or "not YAML"
        tab = mark is not None and "\t" in "".join(text.splitlines()[mark.line : mark.line + 1])
        raise InputError(f"{place}: {problem}", "use spaces: YAML does not indent by tabs" if tab else _LOOK) from None
    except yaml.YAMLError as error:
        raise InputError(f"{name}: not YAML: {error}", _LOOK) from None


@cache
def _unprintable() -> re.Pattern[str]:
    """What YAML 1.2 (section 5.1) does not count as printable, the BOM apart; 4 ms that most commands need not pay."""
    return re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class _Guard:
    """Sees the events of a document one at a time, so that nothing is built before it is known to be harmless.

    Raises InputError for tags, keys given twice, and nesting or aliases that would expand beyond the bounds.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0
        self.sizes: dict[str, int] = {}  # anchor -> values below it, aliases expanded; 0 while it is open
        self.open: list[_Collection] = []

    def see(self, event: Any) -> None:
        import yaml  # noqa: PLC0415

        if isinstance(event, yaml.CollectionEndEvent):
            closed = self.open.pop()
            if closed.anchor is not None:
                self.sizes[closed.anchor] = self.count - closed.count_before
        elif isinstance(event, yaml.AliasEvent):
            self._expect_key(event, None)
            self._grow(event, self._size_of(event))
        elif isinstance(event, yaml.ScalarEvent):
            self._expect_key(event, event.value)
            self._begin(event, size=1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._expect_key(event, None)
            self._begin(event, size=0)
            keys: set[str] | None = set() if isinstance(event, yaml.MappingStartEvent) else None
            self.open.append(_Collection(event.anchor, self.count - 1, keys))
            if len(self.open) > DEPTH_LIMIT:
                raise _too_deep(self._place(event))

    def _begin(self, event: Any, size: int) -> None:
        if event.tag is not None:
            raise InputError(f"{self._place(event)}: tags such as {event.tag!r} are not read", "write plain values")
        if event.anchor is not None:
            self.sizes[event.anchor] = size
        self._grow(event, 1)

    def _grow(self, event: Any, by: int) -> None:
        self.count += by
        if self.count > NODE_LIMIT:
            raise InputError(
                f"{self._place(event)}: more than {NODE_LIMIT} values, aliases counted each time", "leave some out"
            )

    def _size_of(self, event: Any) -> int:
        if event.anchor not in self.sizes:
            raise InputError(
                f"{self._place(event)}: there is no &{event.anchor} before *{event.anchor}",
                "quote a text that begins with *",
            )
        if not self.sizes[event.anchor]:
            raise InputError(f"{self._place(event)}: the alias *{event.anchor} holds itself", "write the values out")
        return self.sizes[event.anchor]

    def _expect_key(self, event: Any, word: str | None) -> None:
        """Note that a value begins; in a mapping every other one is a key and must be a word, given once."""
        mapping = self.open[-1] if self.open else None
        if mapping is None or mapping.keys is None:
            return
        mapping.key_is_next = not mapping.key_is_next
        if mapping.key_is_next:
            return
        if word is None:
            raise InputError(
                f"{self._place(event)}: a key must be a word",
                "put quotes around a text that begins with a bracket or a brace",
            )
        if word in mapping.keys:
            raise InputError(f"{self._place(event)}: the key {word!r} is given twice", "keep one of them")
        mapping.keys.add(word)

    def _place(self, event: Any) -> str:
        return f"{self.name}:{event.start_mark.line + 1}:{event.start_mark.column + 1}"


@dataclass
class _Collection:
    """A list (``keys`` is None) or mapping that has begun and not ended."""

    anchor: str | None
    count_before: int
    keys: set[str] | None
    key_is_next: bool = True


@cache
def _loader() -> Any:
    """A safe loader that names the place of a broken number and leaves dates the text they are."""
    import yaml  # noqa: PLC0415

    class PlainLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where it is built
        def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
            try:
                return super().construct_object(node, deep=deep)
            except ValueError:  # 0x_, an integer of 5000 digits, and the like
                problem = f"{str(node.value)[:40]!r} is not a number"
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark) from None

    PlainLoader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return PlainLoader


def _decode(content: bytes, name: str) -> str:
    """UTF-8 text, with or without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        place = _place(name, before, len(before))
        fault = f"the byte 0x{content[error.start]:02X} is not UTF-8"
        raise InputError(f"{place}: {fault}", "save the file as UTF-8 (not UTF-16, Latin-1 or GBK)") from None


def _place(name: str, text: str, position: int) -> str:
    before = text[:position]
    return f"{name}:{before.count(chr(10)) + 1}:{position - before.rfind(chr(10))}"


def _too_deep(place: str) -> InputError:
    return InputError(f"{place}: nested deeper than {DEPTH_LIMIT} levels", "check for an unclosed bracket")

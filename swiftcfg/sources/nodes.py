"""YAML and JSON as a tree that knows where each of its values is written."""

import re
from collections.abc import Iterator
from dataclasses import field
from typing import Any

from swiftcfg.errors import InputError
from swiftcfg.script.fragment import File, Fragment
from swiftcfg.script.uses import Place, Span
from swiftcfg.script.words import Field, Written
from swiftcfg.values import dataclass

#: More values, or deeper ones, are no configuration that a person wrote.
NODE_LIMIT = 100_000
DEPTH_LIMIT = 60
_TOKEN = re.compile(r"\S+")


@dataclass(frozen=True)
class Scalar:
    """A single value: ``text`` as YAML reads it; ``span`` takes in its quotes, or the ``|`` of a block."""

    file: File
    text: str
    span: Span
    style: str | None
    tag: str | None
    in_flow: bool

    @property
    def place(self) -> Place:
        return self.file.place(self.span.start)

    def content(self) -> Fragment:
        """The text, with where each character stands, quotes and indentation left out."""
        runs = self._runs()
        if runs is None:
            start = Fragment.of_file(self.file)
            return start.detached(self.text, self.span.start)
        return Fragment.of_runs(self.file, runs, self._forbidden())

    def word(self) -> Field:
        """One word of a command that is written as a list."""
        whole = Fragment.of_runs(self.file, [(self.text, self.span)])
        return Field((self.text,), self.place, Written(whole, 0, len(self.text)), self.content())

    def _forbidden(self) -> str:
        base = {"'": "'", '"': '"\\', "|": "", ">": ""}.get(self.style or "", ":#")
        return base + (",[]{}" if self.in_flow and not self.style else "")

    def _runs(self) -> list[tuple[str, Span]] | None:
        """Word by word: YAML changes only blanks between them, save where there are escapes."""
        raw, base = self.span.of(self.file.text), self.span.start
        at = raw.find("\n") + 1 if self.style in ("|", ">") else 1 if self.style else 0
        runs: list[tuple[str, Span]] = []
        last = 0
        for match in _TOKEN.finditer(self.text):
            found = raw.find(match.group(), at)
            if found < 0 or raw[at:found].strip():
                return None
            if match.start() > last:
                runs += self._blanks(self.text[last : match.start()], Span(base + at, base + found))
            runs.append((match.group(), Span(base + found, base + found + len(match.group()))))
            last, at = match.end(), found + len(match.group())
        if last < len(self.text):
            runs.append((self.text[last:], Span(base + at, base + min(at + len(self.text) - last, len(raw)))))
        return runs

    def _blanks(self, text: str, span: Span) -> list[tuple[str, Span]]:
        """Blanks between two words: line by line where the lines are those of the file, without the indentation."""
        lines, raw = text.split("\n"), span.of(self.file.text).split("\n")
        if self.style != "|" or len(lines) != len(raw):
            return [(text, span)]
        runs: list[tuple[str, Span]] = []
        at = span.start
        for number, (line, written) in enumerate(zip(lines, raw, strict=True)):
            end = at + len(written)
            first = at if number == 0 else end - len(line)
            runs += [(line, Span(first, first + len(line)))] if line else []
            runs += [("\n", Span(end, end + 1))] if number < len(lines) - 1 else []
            at = end + 1
        return runs


@dataclass
class Sequence:
    """A list from ``start`` on; ``closed`` is the offset after its bracket, if it has one."""

    start: int
    items: "list[Node]" = field(default_factory=list)
    closed: int | None = None


@dataclass
class Mapping:
    """A mapping from ``start`` on; ``closed`` is the offset after its brace, if it has one."""

    start: int
    closed: int | None = None
    pairs: "list[tuple[Scalar, Node]]" = field(default_factory=list)

    def get(self, name: str) -> "Node | None":
        return next((value for key, value in self.pairs if key.text == name), None)

    def mapping(self, name: str) -> "Mapping | None":
        found = self.get(name)
        return found if isinstance(found, Mapping) else None

    def names(self) -> set[str]:
        return {key.text for key, _ in self.pairs}


Node = Scalar | Sequence | Mapping


def read_nodes(file: File) -> list[Node]:
    """The documents of a file. Raises InputError where it is no YAML, or too much of it."""
    import yaml  # noqa: PLC0415  (20 ms that readers of shell scripts need not pay)

    shift = int(file.text.startswith("\ufeff"))
    builder = _Builder(file, shift)
    try:
        for event in yaml.parse(file.text[shift:], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            builder.see(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise InputError(f"{where}{error.problem or error.context or 'not YAML'}") from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise InputError(f"not YAML: {str(error).splitlines()[0]}") from None
    return builder.documents


class _Builder:
    """Builds the tree from PyYAML's events; an alias is the same node again, and holds nothing twice.

    The events count from ``shift`` on: a byte order mark is not theirs.
    """

    def __init__(self, file: File, shift: int) -> None:
        self.file = file
        self.shift = shift
        self.documents: list[Node] = []
        self.open: list[tuple[Sequence | Mapping, bool, list[Scalar]]] = []
        self.anchors: dict[str, Node] = {}
        self.count = 0

    def see(self, event: Any) -> None:
        import yaml  # noqa: PLC0415

        if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            start = self._span(event).start
            node = Sequence(start) if isinstance(event, yaml.SequenceStartEvent) else Mapping(start)
            self._add(node, event.anchor)
            self.open.append((node, bool(event.flow_style), []))
            if len(self.open) > DEPTH_LIMIT:
                where = self.file.place(self._span(event).start)
                raise InputError(f"line {where.line}: nested deeper than {DEPTH_LIMIT} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            node, in_flow, _ = self.open.pop()
            node.closed = self._span(event).end if in_flow else None
        elif isinstance(event, yaml.ScalarEvent):
            span = self._span(event)
            in_flow = bool(self.open) and self.open[-1][1]
            self._add(Scalar(self.file, event.value, span, event.style, event.tag, in_flow), event.anchor)
        elif isinstance(event, yaml.AliasEvent) and event.anchor in self.anchors:
            self._add(self.anchors[event.anchor], None)

    def _span(self, event: Any) -> Span:
        return Span(event.start_mark.index + self.shift, event.end_mark.index + self.shift)

    def _add(self, node: Node, anchor: str | None) -> None:
        self.count += 1
        if self.count > NODE_LIMIT:
            raise InputError(f"more than {NODE_LIMIT} values")
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.documents.append(node)
            return
        parent, _, waiting = self.open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif waiting:
            self._merge(parent, waiting.pop(), node)
        elif isinstance(node, Scalar):
            waiting.append(node)
        else:  # a key that is no word: its value belongs to nothing
            waiting.append(Scalar(self.file, "", Span(0, 0), None, None, in_flow=False))

    @staticmethod
    def _merge(parent: Mapping, key: Scalar, node: Node) -> None:
        if key.text == "<<" and isinstance(node, Mapping) and node is not parent:
            parent.pairs.extend(node.pairs)
        else:
            parent.pairs.append((key, node))


def span_of(node: Node) -> Span:
    """Where a value is written, brackets and quotes included."""
    if isinstance(node, Scalar):
        return node.span
    last: Node | None = node
    for _ in range(DEPTH_LIMIT + 1):
        if last is None or isinstance(last, Scalar) or last.closed is not None:
            break
        below = last.items if isinstance(last, Sequence) else [value for _, value in last.pairs]
        last = below[-1] if below else None
    if last is None:
        return Span(node.start, node.start)
    return Span(node.start, last.span.end if isinstance(last, Scalar) else last.closed or node.start)


def mappings(node: Node | None, limit: int = NODE_LIMIT) -> Iterator[tuple[str, Mapping]]:
    """Every mapping below a node with the name it has, the node itself first."""
    waiting: list[tuple[str, Node]] = [("", node)] if node is not None else []
    seen: set[int] = set()
    while waiting and limit:
        limit -= 1
        name, current = waiting.pop()
        if id(current) in seen or isinstance(current, Scalar):
            continue
        seen.add(id(current))
        if isinstance(current, Mapping):
            yield name, current
            waiting += [(key.text, value) for key, value in reversed(current.pairs)]
        else:
            waiting += [("", item) for item in reversed(current.items)]

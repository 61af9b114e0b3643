"""Python that starts swift: lists and strings given to subprocess, os.system and the like."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

from swiftcfg.config import Unknown
from swiftcfg.config import Word as Value
from swiftcfg.errors import InputError
from swiftcfg.script import Script, VariableUse, read_fragment, read_program
from swiftcfg.script.fragment import File, Fragment, with_holes
from swiftcfg.script.uses import Span
from swiftcfg.script.words import Field, Written

#: Functions whose first argument is a command.
_STARTERS = frozenset(
    {"system", "popen", "Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput",
     "create_subprocess_shell", "run_command", "run_cmd", "sh", "shell"}
)  # fmt: skip


def python_calls(file: File) -> tuple[Script, ...]:
    """The calls of a program. Raises InputError where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                tree, shift = ast.parse(file.text.removeprefix("\ufeff")), 0
            except IndentationError:  # a piece of a program
                tree, shift = ast.parse(f"if True:\n{file.text}"), 1
        return _Reader(file, shift).read(tree)
    except SyntaxError as error:
        raise InputError(f"not Python: line {error.lineno}: {error.msg}") from None
    except ValueError:  # a NUL byte
        raise InputError("not Python: there is a character that no program holds") from None
    except (RecursionError, MemoryError):
        raise InputError("not Python that can be read: it is nested too deeply") from None


@dataclass
class _Reader:
    file: File
    shift: int = 0  # lines that were put before the text
    variables: dict[str, VariableUse] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    continued: set[int] = field(default_factory=set)  # lists, by id, to which something is added where they stand
    started: set[int] = field(default_factory=set)  # what is given to a starter, by id
    scripts: list[Script] = field(default_factory=list)

    def read(self, tree: ast.Module) -> tuple[Script, ...]:
        nodes = list(ast.walk(tree))
        self.changed = {name for node in nodes if (name := _changed_name(node))}
        self.continued = {id(node.left) for node in nodes if isinstance(node, ast.BinOp)}
        for node in nodes:
            self._environment(node)
        strings: list[ast.expr] = []
        for node in nodes:
            if isinstance(node, ast.Call) and _function(node) in _STARTERS and node.args:
                strings.append(node.args[0])
                self.started.add(id(node.args[0]))
            elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                strings.append(node.value)
        owners = {id(node.value): node for node in nodes if isinstance(node, ast.Assign)}
        for node in nodes:
            if isinstance(node, (ast.List, ast.Tuple)):
                self._list(node, owners.get(id(node)))
        for value in strings:
            self._string(value)
        return tuple(sorted(self.scripts, key=lambda script: script.place))

    def _environment(self, node: ast.AST) -> None:
        """``os.environ["A"] = "b"``, and dictionaries given as ``env=``."""
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and _is_environ(node.targets[0]):
            target = node.targets[0]
            if isinstance(target, ast.Subscript):
                self._variable(target.slice, node.value)
        elif isinstance(node, ast.keyword) and node.arg == "env" and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if key is not None:
                    self._variable(key, value)

    def _variable(self, key: ast.expr, value: ast.expr) -> None:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            span = self._span(key)
            word = _text(value)
            self.variables[key.value] = VariableUse(
                key.value, word, "export", self.file.place(span.start), span, self._span(value)
            )

    def _list(self, node: ast.List | ast.Tuple, owner: ast.Assign | None) -> None:
        words = [self._word(item) for item in node.elts]
        names = {target.id for target in owner.targets if isinstance(target, ast.Name)} if owner else set()
        grows = names & self.changed or id(node) in self.continued
        scripts = read_program(words, self.file, self.variables.values())
        bare = id(node) not in self.started and not any(one.flags or one.strays for one in scripts)
        if scripts and (grows or bare):
            added = Unknown(f"what is added to {min(names, default='the list')}")
            words.append(Field((added,), words[-1].place))
            scripts = read_program(words, self.file, self.variables.values())
        self.scripts += scripts

    def _word(self, node: ast.expr) -> Field:
        span, word = self._span(node), _text(node)
        place = self.file.place(span.start)
        if isinstance(word, Unknown):
            return Field((word,), place)
        whole = Fragment.of_runs(self.file, [(word, span)])
        return Field((word,), place, Written(whole, 0, len(word)), self._content(span, word))

    def _content(self, span: Span, text: str) -> Fragment:
        everything = Fragment.of_file(self.file)
        raw = span.of(self.file.text)
        for quote in ('"""', "'''", '"', "'"):
            if raw.startswith(quote) and raw[len(quote) : -len(quote)] == text:
                return everything.cut(span.start + len(quote), span.end - len(quote), quote[0] + "\\")
        return everything.detached(text, span.start)

    def _string(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = self._content(self._span(node), node.value)
        elif isinstance(node, ast.JoinedStr):
            content, holes = with_holes(tuple(_pieces(node)))
            everything = Fragment.of_file(self.file)
            text = everything.detached(content, self._span(node).start, holes)
        else:
            return
        self.scripts += read_fragment(text, self.variables.values())

    def _span(self, node: ast.expr) -> Span:
        return Span(
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def _offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes of UTF-8; lines may also end at other characters than line feeds."""
        start = self.file.line_starts[min(line - self.shift, len(self.file.line_starts)) - 1]
        start += self.file.text.startswith("\ufeff", start) and start == 0
        return start + len(
            self.file.text[start : start + column].encode("utf-8", "replace")[:column].decode("utf-8", "ignore")
        )


def _pieces(node: ast.JoinedStr) -> Iterator[Value]:
    for part in node.values:
        yield part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else Unknown(_shown(part))


def _shown(node: ast.expr) -> str:
    expression = ast.unparse(node.value) if isinstance(node, ast.FormattedValue) else ast.unparse(node)
    return "{" + expression + "}"


def _text(node: ast.expr) -> Value:
    """The text of an expression; ``str(5)`` counts as one."""
    if isinstance(node, ast.Call) and _function(node) == "str" and len(node.args) == 1:
        node = node.args[0]
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return str(node.value)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else Unknown(_shown(node))


def _function(call: ast.Call) -> str:
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _is_environ(target: ast.expr) -> bool:
    return isinstance(target, ast.Subscript) and ast.unparse(target.value) in ("os.environ", "environ", "env")


def _changed_name(node: ast.AST) -> str | None:
    """The name of a list that grows after it was made, or is part of a longer one."""
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name):
        return node.left.id
    if isinstance(node, ast.Starred) and isinstance(node.value, ast.Name):
        return node.value.id
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        return name if any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node.value)) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        return node.func.value.id if node.func.attr in ("append", "extend", "insert", "remove", "pop") else None
    return None

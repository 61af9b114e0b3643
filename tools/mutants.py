"""Which slips in a rule would no test notice? Mutates the rules and runs their cases on each mutant.

Each mutant has one change: a condition negated, an operand dropped, a comparison moved by one or turned round, a
number, a word or a severity replaced, a step of arithmetic turned round, a result or a finding left out. It is caught
when a case of tests/rules or an example of the rule's page no longer has the outcome that is written there, or when a
test of rules on folders fails. Those that nothing catches are printed; either a case is missing or the change makes no
difference.

    python tools/mutants.py FLG012 MEM       # rules by the beginning of their code; without any, all
"""

import argparse
import ast
import copy
import re
import signal
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache, partial
from io import StringIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import pytest
import test_rules
from rule_facts import Surroundings, facts_of
from test_rules import RULES, Case

from swiftcfg.facts import Facts
from swiftcfg.rule import Rule

FOLDERS = Path(__file__).parent.parent / "tests" / "test_rules_folders.py"
#: A mutant may loop for ever.
PATIENCE_SECONDS = 20

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
SEVERITIES = {"error": "warning", "warning": "info", "info": "error"}
WORD = re.compile(r"[A-Za-z_][\w-]*")


def changed(node: ast.AST) -> Iterator[ast.AST]:
    """The node with one slip in it, in every way."""
    yield from _other_conditions(node)
    match node:
        case ast.BinOp() if type(node.op) in ARITHMETIC:
            yield _with(node, op=ARITHMETIC[type(node.op)]())
        case ast.Constant():
            yield from (_with(node, value=value) for value in _other_values(node.value))
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield _with(node, value=ast.Constant(None))
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()


def _other_conditions(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
        case ast.comprehension():
            for at, test in enumerate(node.ifs):
                yield _with(node, ifs=[*node.ifs[:at], ast.UnaryOp(ast.Not(), test), *node.ifs[at + 1 :]])
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
            for at in range(len(node.values)):
                left = [*node.values[:at], *node.values[at + 1 :]]
                yield left[0] if len(left) == 1 else _with(node, values=left)
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                for other in COMPARISONS[type(operator)]:
                    yield _with(node, ops=[*node.ops[:at], other(), *node.ops[at + 1 :]])
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand


def _other_values(value: object) -> list[object]:
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1]
        case str() if value in SEVERITIES:
            return [SEVERITIES[value]]
        case str() if WORD.fullmatch(value):
            return [f"{value}_"]
    return []


def _with(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def mutants(source: str) -> Iterator[tuple[int, str, ast.Module]]:
    """Line, what was changed, and the module with it; sources, texts and annotations are left alone."""
    tree = ast.parse(source)
    for parent, name, at, node in list(_places(tree)):
        for other in changed(node):
            _put(parent, name, at, other)
            line = getattr(node, "lineno", 0) or getattr(getattr(node, "iter", None), "lineno", 0)
            yield line, f"{_shown(node)}  ->  {_shown(other)}", ast.fix_missing_locations(copy.deepcopy(tree))
        _put(parent, name, at, node)


def _places(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Where a node can be replaced: its parent, the field, and the index if the field is a list."""
    for name, value in ast.iter_fields(parent):
        if name in {"annotation", "returns", "decorator_list"} or isinstance(parent, ast.JoinedStr | ast.ImportFrom):
            continue
        nodes = enumerate(value) if isinstance(value, list) else [(None, value)]
        for at, node in nodes:
            if isinstance(node, ast.AST) and not _is_text(node):
                yield parent, name, at, node
                yield from _places(node)


def _is_text(node: ast.AST) -> bool:
    """Whether it is the docstring or says something to people."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id in {"SOURCES", "CONFIDENCE"}
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _put(parent: ast.AST, name: str, at: int | None, node: ast.AST) -> None:
    if at is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[at] = node


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.If | ast.While):
        node = node.test
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).strip().replace("\n", " ")[:90]


def rule_of(rule: Rule, tree: ast.Module) -> Rule:
    """The rule as the changed module has it."""
    real = sys.modules[rule.check.__module__]
    module = types.ModuleType(real.__name__)
    sys.modules[real.__name__] = module  # dataclasses look their module up
    try:
        exec(compile(tree, real.__file__ or "", "exec"), module.__dict__)  # noqa: S102
    finally:
        sys.modules[real.__name__] = real
    return replace(rule, check=module.check, severity=module.SEVERITY)


@cache
def _facts(text: str, around: Surroundings) -> list[Facts]:
    return list(facts_of(text, around))


def checks_of(code: str) -> Iterator[Callable[[], None]]:
    """The tests that a rule must pass, those most likely to tell first."""
    cases = [case for case in test_rules.ALL_CASES if code.startswith(case.only)]
    own = [case for case in cases if case.file == code.lower()]
    yield from (partial(_case, case, code) for case in sorted(cases, key=lambda case: case not in own))
    yield partial(test_rules.test_a_rule_is_as_severe_as_its_users_know_it, code)
    yield partial(test_rules.test_the_examples_on_the_page_are_found_and_not_found, code)
    fixed = test_rules.test_safe_fixes_can_be_written_and_leave_nothing_to_fix
    yield from (partial(fixed, case) for case in own)
    yield from (partial(test_rules.test_the_other_fixes_are_as_stated, case) for case in own if "mended" in case.data)


def _case(case: Case, code: str) -> None:
    """``test_case``, with no rule but this one."""
    rows = [row for row in case.data["findings"] if (row if isinstance(row, str) else row["code"]) == code]
    test_rules.test_case(Case(case.file, {**case.data, "findings": rows, "only": code}))


@contextmanager
def bounded() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(PATIENCE_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def folders_tell() -> bool:
    """Whether a test of rules on checkpoint folders fails, each with every rule as RULES has it."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        return pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-n0", str(FOLDERS)]) != 0


def caught(code: str) -> bool:
    """Whether some test fails with what RULES has under the code."""
    try:
        for check in checks_of(code):
            with bounded():
                check()
    except Exception:  # noqa: BLE001
        return True
    return False


def survivors(rule: Rule) -> tuple[int, list[str]]:
    """How many mutants there are, and those that no test notices."""
    source = Path(sys.modules[rule.check.__module__].__file__ or "").read_text(encoding="utf-8")
    count, alive = 0, []
    for line, change, tree in mutants(source):
        count += 1
        try:
            RULES[rule.code] = rule_of(rule, tree)
        except Exception:  # noqa: BLE001, S112
            continue  # it cannot even be imported
        if not caught(rule.code) and not folders_tell():
            alive += [f"{rule.code}:{line}: {change}"]
    RULES[rule.code] = rule
    return count, alive


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("codes", nargs="*", default=[""], help="rules, by the beginning of their code")
    codes = tuple(parser.parse_args().codes)
    test_rules.facts_of = _facts  # the same texts come again for every mutant
    total = left = 0
    for rule in [rule for rule in RULES.values() if rule.code.startswith(codes)]:
        if caught(rule.code):
            sys.exit(f"{rule.code} does not pass its own cases")
        count, alive = survivors(rule)
        total, left = total + count, left + len(alive)
        print(f"{rule.code}: {count - len(alive)} of {count} caught", *alive, sep="\n", flush=True)
    print(f"{total - left} of {total} caught, {left} not")
    return min(left, 1)


if __name__ == "__main__":
    sys.exit(main())

"""Rules: one a file, found by their file name, ``vis001_video_cap_below_floor.py``; there is no register.

A rule module has a docstring (its page: first line the title, then what happens and why, ``Bad:`` and
``Good:`` blocks), SEVERITY, CONFIDENCE, SOURCES and ``check``, a generator whose parameters name the facts it
needs (the fields of swiftcfg.facts.Facts). Where a fact is not known the rule is skipped and listed, unless the
parameter has a default.
"""

import inspect
import pkgutil
import re
from functools import cache
from importlib import import_module

from swiftcfg.rule import Rule

_MODULE = re.compile(r"([a-z]{3}\d{3})_([a-z0-9_]+)")


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    matches = (_MODULE.fullmatch(module.name) for module in pkgutil.iter_modules(__path__))
    return tuple(_rule(match) for match in sorted(filter(None, matches), key=lambda match: match.group(1)))


def _rule(match: re.Match[str]) -> Rule:
    module = import_module(f"{__name__}.{match.group(0)}")
    page = inspect.cleandoc(module.__doc__ or "")
    facts = inspect.signature(module.check).parameters.values()
    return Rule(
        code=match.group(1).upper(),
        slug=match.group(2).replace("_", "-"),
        title=page.split("\n", 1)[0].rstrip("."),
        page=page,
        severity=module.SEVERITY,
        confidence=module.CONFIDENCE,
        sources=tuple(module.SOURCES),
        needs=tuple(fact.name for fact in facts if fact.default is fact.empty),
        check=module.check,
        uses=tuple(fact.name for fact in facts if fact.default is not fact.empty),
    )

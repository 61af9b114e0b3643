"""Rules as text and JSON."""

from collections.abc import Iterable

from swiftcfg.report.as_json import as_json
from swiftcfg.rule import Rule

SCHEMA_VERSION = 1


def rules_text(rules: Iterable[Rule]) -> str:
    """A line a rule."""
    return "".join(f"{rule.code}  {rule.severity:<8} {rule.title}\n" for rule in rules)


def rules_json(rules: Iterable[Rule]) -> str:
    """The contract of ``swiftcfg rules --format json``; docs/schemas/rules.schema.json."""
    rows = [
        {
            "code": rule.code,
            "slug": rule.slug,
            "title": rule.title,
            "severity": rule.severity,
            "confidence": rule.confidence,
            "needs": list(rule.needs),
            "sources": list(rule.sources),
            "page": rule.page,
        }
        for rule in rules
    ]
    return as_json({"schema_version": SCHEMA_VERSION, "rules": rows})


def page_text(rule: Rule) -> str:
    """The page of a rule with its severity and its sources."""
    head, _, body = rule.page.partition("\n")
    about = f"{rule.code} {rule.slug}: {rule.severity}, {rule.confidence}"
    sources = "".join(f"    {source}\n" for source in rule.sources)
    return f"{about}\n\n{head}\n{body.rstrip()}\n\nSources:\n\n{sources}"

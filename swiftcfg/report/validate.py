"""What swiftcfg validate finds, as text and as JSON; the other formats have modules of their own."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from swiftcfg.errors import SwiftcfgError
from swiftcfg.report.as_json import as_json
from swiftcfg.report.layout import many, wrapped
from swiftcfg.report.plain import plain, width
from swiftcfg.report.runtime import runtime_data
from swiftcfg.rule import SEVERITIES, Fix, Severity
from swiftcfg.script import Place
from swiftcfg.validate import Call, Checked, Reported

SCHEMA_VERSION = 1
#: Characters of a line of the text that are shown, and how many of them stand before the place in a longer one.
_ROOM, _CONTEXT = 92, 30


def validate_json(files: Sequence[Checked], unusable: Sequence[SwiftcfgError] = ()) -> str:
    """The contract of ``swiftcfg validate --format json``; docs/schemas/validate.schema.json."""
    return as_json(
        {
            "schema_version": SCHEMA_VERSION,
            "unusable": [{"fault": plain(error.sentence), "hint": _hint(error)} for error in unusable],
            "files": [_file_data(file) for file in files],
            "summary": summary(files),
        }
    )


def _hint(error: SwiftcfgError) -> str | None:
    return None if error.hint is None else plain(error.hint)


def summary(files: Sequence[Checked]) -> dict[str, int]:
    """How much there is of everything."""
    found = [reported for file in files for reported in file.reported()]
    counts = Counter(reported.severity for reported in found)
    return {
        "files": len(files),
        "calls": sum(len(file.calls) for file in files),
        **{severity: counts[severity] for severity in SEVERITIES},
        "ignored": sum(file.ignored for file in files),
        "fixable": sum(_is_fixable(reported.finding.fix, safe=True) for reported in found),
        "fixable_unsafely": sum(_is_fixable(reported.finding.fix, safe=False) for reported in found),
        "mended": sum(file.mended for file in files),
    }


def _is_fixable(fix: Fix | None, *, safe: bool) -> bool:
    return fix is not None and fix.safe is safe


def _file_data(file: Checked) -> dict[str, Any]:
    return {
        "name": plain(file.name),
        "kind": file.kind,
        "calls": [_call_data(call) for call in file.calls],
        "findings": [_finding_data(reported) for reported in file.reported()],
        "ignored": file.ignored,
        "mended": file.mended,
        "not_mended": [plain(reason) for reason in file.kept],
    }


def _call_data(call: Call) -> dict[str, Any]:
    about = call.about
    return {
        "line": call.place.line,
        "column": call.place.column,
        "runtime": runtime_data(about.runtime),
        "model": None if about.model is None else plain(about.model),
        "gpus": None if about.gpus is None else list(about.gpus),
        "profile": None if about.workload is None else plain(about.workload),
        "skipped": [{"code": skipped.rule.code, "reason": plain(skipped.reason)} for skipped in call.skipped],
    }


def _finding_data(reported: Reported) -> dict[str, Any]:
    rule, finding = reported.rule, reported.finding
    return {
        "code": rule.code,
        "slug": rule.slug,
        "severity": reported.severity,
        "confidence": rule.confidence,
        "message": plain(finding.message),
        "subject": None if finding.subject is None else plain(finding.subject),
        "line": finding.place.line if finding.place else None,
        "column": finding.place.column if finding.place else None,
        "fix": None if finding.fix is None else {"title": plain(finding.fix.title), "safe": finding.fix.safe},
    }


def validate_text(files: Sequence[Checked]) -> str:
    """For people: each finding with the line it is about, then what was not looked at, then counts."""
    found = [block for file in files for block in _blocks(file)]
    ending = [*_not_mended(files), *_assumed_lines(files), *_skipped_lines(files), _counts(summary(files))]
    return "\n".join([*(f"{block}\n" for block in found), *ending]) + "\n"


def _blocks(file: Checked) -> Iterator[str]:
    lines = file.text.split("\n")
    name = plain(file.name)
    for reported in file.reported():
        finding = reported.finding
        place = finding.place or Place(1, 1)
        head = f"{name}:{place.line}:{place.column}: {reported.severity} {reported.rule.code}: {plain(finding.message)}"
        yield "\n".join(
            [
                wrapped(head, "  "),
                *_quoted(lines, place),
                *_fix_line(finding.fix),
            ]
        )


def _quoted(lines: Sequence[str], place: Place) -> list[str]:
    """The line of the text, cut to what fits, with a caret below the column."""
    line = lines[place.line - 1].rstrip() if place.line <= len(lines) else ""
    if not line:
        return []
    at = min(place.column - 1, len(line))
    start = max(0, at - _CONTEXT) if len(line) > _ROOM else 0
    before, rest = plain(line[start:at]), plain(line[at : start + _ROOM])
    gutter = f"{place.line:>5} | " + ("…" if start else "")
    rest += "…" if len(line) > start + _ROOM else ""
    return [f"{gutter}{before}{rest}", f"{' ' * (len(gutter) + width(before))}^"]


def _fix_line(fix: Fix | None) -> list[str]:
    if fix is None:
        return []
    return [f"  fix: {plain(fix.title)}" + ("" if fix.safe else " (a change of meaning: --unsafe-fixes)")]


def _not_mended(files: Iterable[Checked]) -> list[str]:
    return [wrapped(f"not fixed: {plain(file.name)}: {plain(reason)}", "  ") for file in files for reason in file.kept]


def _assumed_lines(files: Iterable[Checked]) -> list[str]:
    """What was judged by another model than the one that is named."""
    assumed = dict.fromkeys(call.about.assumed for file in files for call in file.calls if call.about.assumed)
    return [wrapped(f"assumed: {plain(reason)}", "  ") for reason in assumed]


def _skipped_lines(files: Iterable[Checked]) -> Iterator[str]:
    """What could not be looked at, by reason."""
    reasons: dict[str, dict[str, None]] = {}
    for call in (call for file in files for call in file.calls):
        for skipped in call.skipped:
            reasons.setdefault(skipped.reason, {})[skipped.rule.code] = None
    for reason, codes in reasons.items():
        yield wrapped(f"not checked: {_families(codes)}: {plain(reason)}", "  ")


def _families(codes: Iterable[str]) -> str:
    """The codes by family, in few words: ``MEM (9 rules), VIS003``."""
    families: dict[str, list[str]] = {}
    for code in codes:
        families.setdefault(code[:3], []).append(code)
    return ", ".join(row[0] if len(row) == 1 else f"{family} ({len(row)} rules)" for family, row in families.items())


def _counts(counts: Mapping[str, int]) -> str:
    where = f"{many(counts['calls'], 'call')} of swift deploy in {many(counts['files'], 'file')}"
    severities: tuple[Severity, ...] = SEVERITIES
    found = ", ".join(many(counts[severity], severity) for severity in severities if counts[severity])
    extra = [f"{many(counts['ignored'], 'finding')} ignored"] if counts["ignored"] else []
    extra += [f"{many(counts['mended'], 'fix')} applied"] if counts["mended"] else []
    extra += [f"{many(counts['fixable'], 'fix')} to apply with --fix"] if counts["fixable"] else []
    unsafe = counts["fixable_unsafely"]
    extra += [f"{many(unsafe, 'fix')} to look at with --diff --unsafe-fixes"] if unsafe else []
    return "; ".join([f"{where}: {found or 'nothing found'}", *extra])

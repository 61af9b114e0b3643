"""What swiftcfg validate finds, as SARIF 2.1.0, which code scanning of GitHub, GitLab and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; section numbers below are of that text.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from swiftcfg import __version__
from swiftcfg.errors import SwiftcfgError
from swiftcfg.report.as_json import as_json
from swiftcfg.report.plain import plain
from swiftcfg.rule import Confidence, Rule, Severity
from swiftcfg.validate import Checked, Reported

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
#: What GitHub calls precision (docs.github.com: SARIF support for code scanning, reportingDescriptor).
_PRECISION: dict[Confidence, str] = {"certain": "very-high", "likely": "high", "possible": "medium"}


def validate_sarif(files: Sequence[Checked], rules: Sequence[Rule], unusable: Sequence[SwiftcfgError] = ()) -> str:
    """One run with every rule and a result a finding; what could not be checked is a notification.

    A run with an input that cannot be used has not succeeded: what it did not find says nothing.
    """
    index = {rule.code: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "swiftcfg",
                "semanticVersion": __version__,
                "rules": [_descriptor(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not unusable,
                "toolExecutionNotifications": [*map(_refusal, unusable), *_notifications(files)],
            }
        ],
        "artifacts": [{"location": {"uri": _uri(file)}} for file in files],
        "results": [_result(file, reported, index) for file in files for reported in file.reported()],
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _descriptor(rule: Rule) -> dict[str, Any]:
    """Section 3.49, reportingDescriptor."""
    return {
        "id": rule.code,
        "name": rule.slug,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.page},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"precision": _PRECISION[rule.confidence], "tags": [rule.code[:3]]},
    }


def _result(file: Checked, reported: Reported, index: dict[str, int]) -> dict[str, Any]:
    """Section 3.27, result."""
    finding = reported.finding
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if finding.place:
        location["region"] = {"startLine": finding.place.line, "startColumn": finding.place.column}
    return {
        "ruleId": reported.rule.code,
        "ruleIndex": index[reported.rule.code],
        "level": _LEVELS[reported.severity],
        "message": {"text": plain(finding.message)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"finding/v1": _fingerprint(file, reported)},
    }


def _fingerprint(file: Checked, reported: Reported) -> str:
    """The same for the same finding after lines above it came or went (section 3.27.17)."""
    place = reported.finding.place
    lines = file.text.split("\n")
    line = lines[place.line - 1].strip() if place and place.line <= len(lines) else ""
    words = "\0".join((reported.rule.code, file.path, reported.finding.subject or "", line))
    return sha256(words.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _refusal(error: SwiftcfgError) -> dict[str, Any]:
    """Section 3.58: an input that cannot be used."""
    return {"level": "error", "message": {"text": plain(error.in_one_line)}}


def _notifications(files: Sequence[Checked]) -> list[dict[str, Any]]:
    """Section 3.58: a note for every reason that kept rules from running."""
    reasons: dict[str, list[str]] = {}
    for skipped in (skipped for file in files for call in file.calls for skipped in call.skipped):
        codes = reasons.setdefault(skipped.reason, [])
        codes += [] if skipped.rule.code in codes else [skipped.rule.code]
    return [
        {"level": "note", "message": {"text": f"not checked: {', '.join(codes)}: {plain(reason)}"}}
        for reason, codes in reasons.items()
    ]


def _uri(file: Checked) -> str:
    """A relative reference as it is, an absolute path as a file URI (RFC 3986, RFC 8089)."""
    path = "standard input" if file.path == "-" else file.path
    escaped = quote(path.encode("utf-8", "surrogateescape"))
    return f"file://{escaped}" if path.startswith("/") else escaped

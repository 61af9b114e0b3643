"""The JSON Schemas of ``swiftcfg validate`` and ``swiftcfg rules``; tools/schemas.py writes them."""

from typing import Any

from schema_parts import (
    RUNTIME,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    TRUTH,
    VERSIONED,
    WHOLE,
    WHOLE_OR_NULL,
    array,
    optional,
    record,
    said,
)

SEVERITY = {"enum": ["error", "warning", "info"]}
CONFIDENCE = {"enum": ["certain", "likely", "possible"]}
CODE = {"type": "string", "pattern": "^[A-Z]{3}[0-9]{3}$"}

FINDING = record(
    {
        "code": said(CODE, "the rule; `swiftcfg explain CODE` shows its page"),
        "slug": said(TEXT, "the rule's name in words"),
        "severity": said(SEVERITY, "how bad it is"),
        "confidence": said(CONFIDENCE, "how sure it is: follows from the text, rests on an estimate, or is a habit"),
        "message": said(TEXT, "one sentence with the numbers"),
        "subject": said(TEXT_OR_NULL, "the flag, with dashes, or variable it is about"),
        "line": said(WHOLE_OR_NULL, "from 1; null for the file as a whole"),
        "column": said(WHOLE_OR_NULL, "from 1, in characters"),
        "fix": said(
            optional(
                record(
                    {
                        "title": said(TEXT, "what would be changed"),
                        "safe": said(TRUTH, "whether --fix applies it without --unsafe-fixes"),
                    }
                )
            ),
            "how to mend it; null where that takes a person",
        ),
    }
)
CALL = record(
    {
        "line": said(WHOLE, "where the call is"),
        "column": said(WHOLE, "where the call is"),
        "runtime": RUNTIME,
        "model": said(TEXT_OR_NULL, "the model it was judged for; null where that is not known"),
        "gpus": said(optional(TEXTS), "the cards it was judged for; null where they are not known"),
        "profile": said(TEXT_OR_NULL, "the workload it was judged by; null where none was given"),
        "skipped": said(array(record({"code": CODE, "reason": TEXT})), "rules that could not run, and why"),
    }
)
FILE = record(
    {
        "name": said(TEXT, "as it was given, quoted where a shell needs it"),
        "kind": said(TEXT, "what it was read as, such as shell"),
        "calls": said(array(CALL), "each `swift deploy` in it"),
        "findings": said(array(FINDING), "in the order of the text"),
        "ignored": said(WHOLE, "findings that a comment suppresses"),
        "mended": said(WHOLE, "fixes that --fix applied"),
        "not_mended": said(TEXTS, "fixes that were not applied, and why"),
    }
)
UNUSABLE = record(
    {
        "fault": said(TEXT, "what is wrong with it"),
        "hint": said(TEXT_OR_NULL, "what to do about it"),
    }
)
_COUNTS = {
    "files": "files with a `swift deploy`",
    "calls": "calls in them",
    "error": "findings of that severity",
    "warning": "findings of that severity",
    "info": "findings of that severity",
    "ignored": "findings that comments suppress",
    "fixable": "findings that --fix mends",
    "fixable_unsafely": "findings that --fix --unsafe-fixes mends too",
    "mended": "fixes that --fix applied",
}


def validate() -> dict[str, Any]:
    """The output of ``swiftcfg validate --format json``."""
    summary = record({name: said(WHOLE, meaning) for name, meaning in _COUNTS.items()})
    schema = record(
        {
            **VERSIONED,
            "unusable": said(array(UNUSABLE), "inputs that could not be checked; the exit status is then 2"),
            "files": said(array(FILE), "one per file with a `swift deploy`"),
            "summary": said(summary, "how much there is of everything"),
        }
    )
    return {"title": "swiftcfg validate --format json", **schema}


def rules() -> dict[str, Any]:
    """The output of ``swiftcfg rules --format json``."""
    rule = record(
        {
            "code": said(CODE, "what findings, --select and comments call it"),
            "slug": said(TEXT, "its name in words"),
            "title": said(TEXT, "what it objects to"),
            "severity": said(SEVERITY, "how bad it is, where a finding says nothing else"),
            "confidence": said(CONFIDENCE, "how sure its findings are"),
            "needs": said(TEXTS, "the facts without which it is skipped"),
            "sources": said(TEXTS, "what it rests on"),
            "page": said(TEXT, "its page, as `swiftcfg explain` shows it"),
        }
    )
    schema = record({**VERSIONED, "rules": said(array(rule), "every rule, by code")})
    return {"title": "swiftcfg rules --format json", **schema}

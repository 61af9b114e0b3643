"""The JSON Schemas of ``swiftcfg validate`` and ``swiftcfg rules``; tools/schemas.py writes them."""

from typing import Any

from memory_schema import TEXT, TEXT_OR_NULL, TEXTS, VERSION, WHOLE, WHOLE_OR_NULL, optional, record

SEVERITY = {"enum": ["error", "warning", "info"]}
CONFIDENCE = {"enum": ["certain", "likely", "possible"]}
CODE = {"type": "string", "pattern": "^[A-Z]{3}[0-9]{3}$"}


def _said(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


FINDING = record(
    {
        "code": _said(CODE, "the rule; `swiftcfg explain CODE` shows its page"),
        "slug": _said(TEXT, "the rule's name in words"),
        "severity": _said(SEVERITY, "how bad it is"),
        "confidence": _said(CONFIDENCE, "how sure it is: follows from the text, rests on an estimate, or is a habit"),
        "message": _said(TEXT, "one sentence with the numbers"),
        "subject": _said(TEXT_OR_NULL, "the flag, with dashes, or variable it is about"),
        "line": _said(WHOLE_OR_NULL, "from 1; null for the file as a whole"),
        "column": _said(WHOLE_OR_NULL, "from 1, in characters"),
        "fix": _said(
            optional(
                record(
                    {
                        "title": _said(TEXT, "what would be changed"),
                        "safe": _said({"type": "boolean"}, "whether --fix applies it without --unsafe-fixes"),
                    }
                )
            ),
            "how to mend it; null where that takes a person",
        ),
    }
)
CALL = record(
    {
        "line": _said(WHOLE, "where the call is"),
        "column": _said(WHOLE, "where the call is"),
        "runtime": record(dict.fromkeys(("ms-swift", "vllm", "qwen-vl-utils", "transformers"), VERSION)),
        "model": _said(TEXT_OR_NULL, "the model it was judged for; null where that is not known"),
        "gpus": _said(optional(TEXTS), "the cards it was judged for; null where they are not known"),
        "profile": _said(TEXT_OR_NULL, "the workload it was judged by; null where none was given"),
        "skipped": _said(_list(record({"code": CODE, "reason": TEXT})), "rules that could not run, and why"),
    }
)
FILE = record(
    {
        "name": _said(TEXT, "as it was given, quoted where a shell needs it"),
        "kind": _said(TEXT, "what it was read as, such as shell"),
        "calls": _said(_list(CALL), "each `swift deploy` in it"),
        "findings": _said(_list(FINDING), "in the order of the text"),
        "ignored": _said(WHOLE, "findings that a comment suppresses"),
        "mended": _said(WHOLE, "fixes that --fix applied"),
        "not_mended": _said(TEXTS, "fixes that were not applied, and why"),
    }
)
UNUSABLE = record(
    {
        "fault": _said(TEXT, "what is wrong with it"),
        "hint": _said(TEXT_OR_NULL, "what to do about it"),
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
    summary = record({name: _said(WHOLE, meaning) for name, meaning in _COUNTS.items()})
    schema = record(
        {
            "schema_version": {"const": 1},
            "unusable": _said(_list(UNUSABLE), "inputs that could not be checked; the exit status is then 2"),
            "files": _said(_list(FILE), "one per file with a `swift deploy`"),
            "summary": _said(summary, "how much there is of everything"),
        }
    )
    return {"title": "swiftcfg validate --format json", **schema}


def rules() -> dict[str, Any]:
    """The output of ``swiftcfg rules --format json``."""
    rule = record(
        {
            "code": _said(CODE, "what findings, --select and comments call it"),
            "slug": _said(TEXT, "its name in words"),
            "title": _said(TEXT, "what it objects to"),
            "severity": _said(SEVERITY, "how bad it is, where a finding says nothing else"),
            "confidence": _said(CONFIDENCE, "how sure its findings are"),
            "needs": _said(TEXTS, "the facts without which it is skipped"),
            "sources": _said(TEXTS, "what it rests on"),
            "page": _said(TEXT, "its page, as `swiftcfg explain` shows it"),
        }
    )
    schema = record({"schema_version": {"const": 1}, "rules": _said(_list(rule), "every rule, by code")})
    return {"title": "swiftcfg rules --format json", **schema}

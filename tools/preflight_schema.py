"""The parts of launch's JSON Schema that tell what a preflight found and what would be started."""

from memory_schema import TEXT, TEXT_OR_NULL, TEXTS, record

_SEVERITY = {"enum": ["error", "warning"]}
_TRUTH = {"type": "boolean"}
_SECONDS = {"type": "number", "minimum": 0}

PROBLEM = record(
    {
        "check": {**TEXT, "description": "which check, with the rule's code where a rule says it"},
        "severity": {**_SEVERITY, "description": "error: it would not start, or not as planned; warning: it may"},
        "sentence": {**TEXT, "description": "what is wrong, with the numbers"},
        "hint": {**TEXT_OR_NULL, "description": "what to do about it"},
        "wait_s": {"type": ["number", "null"], "description": "it goes away by itself in at most that time"},
    }
)
NOTE = record({"check": {**TEXT, "description": "which check"}, "sentence": {**TEXT, "description": "what is to know"}})
PREFLIGHT = record(
    {
        "ok": {**_TRUTH, "description": "whether no problem is an error"},
        "problems": {"type": "array", "items": PROBLEM, "description": "all of them, in the order of the checks"},
        "notes": {"type": "array", "items": NOTE, "description": "no faults; among them what could not be checked"},
        "took_s": {**_SECONDS, "description": "seconds that all checks took"},
    }
)
CHANGE = record(
    {
        "name": {**TEXT, "description": "a variable"},
        "value": {**TEXT_OR_NULL, "description": "what the server gets; null where it does not get it"},
        "why": {**TEXT, "description": "why it differs from the caller's environment"},
    }
)
START = record(
    {
        "argv": {**TEXTS, "description": "the words that are started, no shell between"},
        "cwd": {**TEXT, "description": "the folder it is started in"},
        "environment": {"type": "array", "items": CHANGE, "description": "what differs from the caller's environment"},
        "secrets_on_standard_input": {**_TRUTH, "description": "whether secret flags are handed over that way"},
    }
)

"""The parts of launch's JSON Schema that tell what a preflight found and what would be started."""

from schema_parts import NUMBER, SECONDS, TEXT, TEXT_OR_NULL, TEXTS, TRUTH, array, optional, record, said

_SEVERITY = {"enum": ["error", "warning"]}

PROBLEM = record(
    {
        "check": said(TEXT, "which check, with the rule's code where a rule says it"),
        "severity": said(_SEVERITY, "error: it would not start, or not as planned; warning: it may"),
        "sentence": said(TEXT, "what is wrong, with the numbers"),
        "hint": said(TEXT_OR_NULL, "what to do about it"),
        "wait_s": said(optional(NUMBER), "it goes away by itself in at most that time"),
    }
)
NOTE = record({"check": said(TEXT, "which check"), "sentence": said(TEXT, "what is to know")})
PREFLIGHT = record(
    {
        "ok": said(TRUTH, "whether no problem is an error"),
        "problems": said(array(PROBLEM), "all of them, in the order of the checks"),
        "notes": said(array(NOTE), "no faults; among them what could not be checked"),
        "took_s": said(SECONDS, "seconds that all checks took"),
    }
)
CHANGE = record(
    {
        "name": said(TEXT, "a variable"),
        "value": said(TEXT_OR_NULL, "what the server gets; null where it does not get it"),
        "why": said(TEXT, "why it differs from the caller's environment"),
    }
)
START = record(
    {
        "argv": said(TEXTS, "the words that are started, no shell between"),
        "cwd": said(TEXT, "the folder it is started in"),
        "environment": said(array(CHANGE), "what differs from the caller's environment"),
        "secrets_on_standard_input": said(TRUTH, "whether secret flags are handed over that way"),
    }
)

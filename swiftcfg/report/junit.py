"""What swiftcfg validate finds, as JUnit XML.

A suite is a file, a case is a finding; a case that is skipped is a rule that could not run, one with an error is an
input that cannot be used. JUnit itself has no schema; docs/schemas/junit.xsd holds what is written here, a part of what
Jenkins and GitLab read (junit-10.xsd of the Jenkins xUnit plugin).
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from swiftcfg.errors import SwiftcfgError
from swiftcfg.report.plain import plain
from swiftcfg.rule import SEVERITIES, Severity
from swiftcfg.validate import Call, Checked, Reported

#: What the suite of inputs that cannot be used is called; no file is called so.
_INPUTS = "swiftcfg validate"


def validate_junit(files: Sequence[Checked], fail_on: Severity | None, unusable: Sequence[SwiftcfgError] = ()) -> str:
    """The report; findings at least as severe as ``fail_on`` are failures, others are only told."""
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on else ()
    suites = [*([_refused(unusable)] if unusable else []), *(_suite(file, failing) for file in files)]
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(["<testsuites>", *suites, "</testsuites>"]) + "\n"


def _suite(file: Checked, failing: Sequence[Severity]) -> str:
    found = [_finding(file, reported, failing) for reported in file.reported()]
    cases = [*found, *(case for call in file.calls for case in _call_cases(file, call))]
    failures = sum(reported.severity in failing for reported in file.reported())
    return _suite_of(file.name, cases, failures=failures, skipped=sum(len(call.skipped) for call in file.calls))


def _refused(unusable: Sequence[SwiftcfgError]) -> str:
    """The suite of the inputs that cannot be used."""
    cases = [
        _case(_INPUTS, error.sentence, f'<error type="unusable" message={_attribute(error.in_one_line)}/>')
        for error in unusable
    ]
    return _suite_of(_INPUTS, cases, errors=len(cases))


def _suite_of(name: str, cases: Sequence[str], *, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    counts = {"tests": len(cases), "failures": failures, "errors": errors, "skipped": skipped}
    listed = "".join(f' {count}="{number}"' for count, number in counts.items())
    return "\n".join([f'  <testsuite name={_attribute(name)}{listed} time="0">', *cases, "  </testsuite>"])


def _call_cases(file: Checked, call: Call) -> Iterator[str]:
    """A case that passes, so that a file without findings is seen to be checked; then what could not run."""
    yield _case(file.name, f"swift deploy in line {call.place.line}")
    for skipped in call.skipped:
        name = f"{skipped.rule.code} {skipped.rule.title} (line {call.place.line})"
        yield _case(file.name, name, f"<skipped message={_attribute(skipped.reason)}/>")


def _finding(file: Checked, reported: Reported, failing: Sequence[Severity]) -> str:
    finding, rule = reported.finding, reported.rule
    place = f"{file.name}:{finding.place.line}:{finding.place.column}" if finding.place else file.name
    text = escape(plain(f"{place}: {finding.message}"))
    name = f"{rule.code} {rule.title}" + (f" (line {finding.place.line})" if finding.place else "")
    if reported.severity in failing:
        inside = f"<failure type={_attribute(reported.severity)} message={_attribute(finding.message)}>{text}</failure>"
    else:
        inside = f"<system-out>{reported.severity}: {text}</system-out>"
    return _case(file.name, name, inside)


def _case(group: str, name: str, inside: str = "") -> str:
    head = f'    <testcase classname={_attribute(group)} name={_attribute(name)} time="0"'
    return f"{head}>{inside}</testcase>" if inside else f"{head}/>"


def _attribute(text: str) -> str:
    return quoteattr(plain(text))

"""What swiftcfg validate finds, as JUnit XML.

A suite is a file, a case is a finding; a case that is skipped is a rule that could not run. The elements are those
that Jenkins and GitLab read (the schema junit-10.xsd of the Jenkins xUnit plugin).
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from swiftcfg.report.plain import plain
from swiftcfg.rule import SEVERITIES, Severity
from swiftcfg.validate import Call, Checked, Reported


def validate_junit(files: Sequence[Checked], fail_on: Severity | None) -> str:
    """The report; findings at least as severe as ``fail_on`` are failures, others are only told."""
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on else ()
    suites = [_suite(file, failing) for file in files]
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(["<testsuites>", *suites, "</testsuites>"]) + "\n"


def _suite(file: Checked, failing: Sequence[Severity]) -> str:
    found = [_finding(file, reported, failing) for reported in file.reported()]
    cases = [*found, *(case for call in file.calls for case in _call_cases(file, call))]
    counts = {
        "tests": len(cases),
        "failures": sum(reported.severity in failing for reported in file.reported()),
        "errors": 0,
        "skipped": sum(len(call.skipped) for call in file.calls),
    }
    listed = "".join(f' {name}="{count}"' for name, count in counts.items())
    return "\n".join([f'  <testsuite name={_attribute(file.name)}{listed} time="0">', *cases, "  </testsuite>"])


def _call_cases(file: Checked, call: Call) -> Iterator[str]:
    """A case that passes, so that a file without findings is seen to be checked; then what could not run."""
    yield _case(file, f"swift deploy in line {call.place.line}")
    for skipped in call.skipped:
        name = f"{skipped.rule.code} {skipped.rule.title} (line {call.place.line})"
        yield _case(file, name, f"<skipped message={_attribute(skipped.reason)}/>")


def _finding(file: Checked, reported: Reported, failing: Sequence[Severity]) -> str:
    finding, rule = reported.finding, reported.rule
    place = f"{file.name}:{finding.place.line}:{finding.place.column}" if finding.place else file.name
    text = escape(plain(f"{place}: {finding.message}"))
    name = f"{rule.code} {rule.title}" + (f" (line {finding.place.line})" if finding.place else "")
    if reported.severity in failing:
        inside = f"<failure type={_attribute(reported.severity)} message={_attribute(finding.message)}>{text}</failure>"
    else:
        inside = f"<system-out>{reported.severity}: {text}</system-out>"
    return _case(file, name, inside)


def _case(file: Checked, name: str, inside: str = "") -> str:
    head = f'    <testcase classname={_attribute(file.name)} name={_attribute(name)} time="0"'
    return f"{head}>{inside}</testcase>" if inside else f"{head}/>"


def _attribute(text: str) -> str:
    return quoteattr(plain(text))

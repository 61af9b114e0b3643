"""What swiftcfg validate finds, as workflow commands that GitHub Actions shows beside the lines of a change.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions; the escapes are those of
actions/toolkit, packages/core/src/command.ts.
"""

from collections.abc import Sequence

from swiftcfg.errors import SwiftcfgError
from swiftcfg.report.plain import plain
from swiftcfg.rule import Severity
from swiftcfg.validate import Checked, Reported

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def validate_github(files: Sequence[Checked], unusable: Sequence[SwiftcfgError] = ()) -> str:
    """A line a finding, and one for each input that cannot be used."""
    refused = (f"::error title=not checked::{_data(error.in_one_line)}\n" for error in unusable)
    return "".join([*refused, *(_command(file, reported) for file in files for reported in file.reported())])


def _command(file: Checked, reported: Reported) -> str:
    place = reported.finding.place
    properties = {
        "file": "standard input" if file.path == "-" else file.path,
        **({"line": str(place.line), "col": str(place.column)} if place else {}),
        "title": f"{reported.rule.code} {reported.rule.title}",
    }
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[reported.severity]} {listed}::{_data(reported.finding.message)}\n"


def _data(text: str) -> str:
    return plain(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

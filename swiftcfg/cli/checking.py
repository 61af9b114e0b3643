"""What swiftcfg validate does with its files: check, mend, show, report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from swiftcfg.errors import SwiftcfgError
from swiftcfg.files import STDIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from swiftcfg.check import Options
    from swiftcfg.rule import Severity
    from swiftcfg.validate import Checked


@dataclass
class Work:
    """One run over all files. ``unusable`` says why inputs could not be checked; each reason is told once, at once."""

    options: Options
    fix: bool
    diff: bool
    unsafe: bool
    skip_others: bool
    unusable: list[SwiftcfgError] = field(default_factory=list)
    wrote_to_stdout: bool = False
    done: list[Checked] = field(default_factory=list)

    def run(self, paths: Sequence[str]) -> list[Checked]:
        from swiftcfg.check_many import Examined, Task, examine_all
        from swiftcfg.source_files import Found, find_files

        task = Task(self.options, mend=self.fix or self.diff, unsafe=self.unsafe, skip_others=self.skip_others)
        files = [Found(found.path, named=found.path in paths) for found in find_files(paths, self._tell)]
        for result in examine_all(files, task):
            if isinstance(result, SwiftcfgError):
                self._tell(result)
            elif isinstance(result, Examined):
                self._take(result.checked, result.mended)
        return self.done

    def _take(self, checked: Checked, mended: Checked | None) -> None:
        if mended is None or self._wrote(checked, mended):
            self.done.append(mended if mended and self.fix else checked)

    def _wrote(self, checked: Checked, mended: Checked) -> bool:
        """Save or show what a fix makes of a file; of standard input the whole text is shown. False: it was refused."""
        from swiftcfg.cli.options import write_out
        from swiftcfg.files import replace_content

        before, after = (text.encode("utf-8", "surrogateescape") for text in (checked.text, mended.text))
        if self.diff:
            write_out(_diff(mended.path, checked.text, mended.text).encode("utf-8", "surrogateescape"))
        elif checked.path == STDIN:
            write_out(after)
            self.wrote_to_stdout = True
        elif after != before:
            try:
                replace_content(checked.path, before, after)
            except SwiftcfgError as error:
                self._tell(error)
                return False
        return True

    def _tell(self, error: SwiftcfgError) -> None:
        from swiftcfg.cli import tell

        if error.sentence in [earlier.sentence for earlier in self.unusable]:
            return
        self.unusable.append(error)
        tell(error.sentence, error.hint)


def _diff(path: str, before: str, after: str) -> str:
    """A unified diff that patch takes: lines end where the file's lines end."""
    import difflib

    lines = difflib.unified_diff(_lines(before), _lines(after), path, path)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """Lines as patch counts them: str.splitlines would split at characters that end none."""
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], *([lines[-1][:-1]] if lines[-1] != "\n" else [])]


def report(
    form: str, files: Sequence[Checked], fail_on: Severity | None, unusable: Sequence[SwiftcfgError] = ()
) -> str:
    """All that was found, in one of the formats; in those for programs also why inputs were not checked."""
    if form == "sarif":
        from swiftcfg.check import every_rule
        from swiftcfg.report.sarif import validate_sarif

        return validate_sarif(files, every_rule(), unusable)
    if form == "github":
        from swiftcfg.report.github import validate_github

        return validate_github(files, unusable)
    if form == "junit":
        from swiftcfg.report.junit import validate_junit

        return validate_junit(files, fail_on, unusable)
    from swiftcfg.report.validate import validate_json, validate_text

    return validate_json(files, unusable) if form == "json" else validate_text(files)


def found(files: Iterable[Checked], fail_on: Severity | None) -> int:
    """1 where a finding is at least as severe as ``fail_on``."""
    from swiftcfg.rule import SEVERITIES

    if fail_on is None:
        return 0
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return int(any(reported.severity in failing for file in files for reported in file.reported()))

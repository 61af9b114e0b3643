"""Edits that set, rename or remove a flag: only the characters that a change is about."""

import re
from collections.abc import Iterator
from itertools import pairwise

from swiftcfg.fix.edits import CannotWriteError, Edit, line_of, over
from swiftcfg.fix.written import flag_written, written
from swiftcfg.script import FlagUse, Script, Span

#: Blanks and continued line ends, which separate words of one command.
GAP = r"(?:[ \t]|\\\r?\n)+"
_GAP_BEFORE = re.compile(rf"{GAP}\Z")


def set_flag(text: str, script: Script, name: str, value: str) -> Iterator[list[Edit]]:
    uses = [use for use in script.flags if use.name == name]
    if not uses:
        yield from _add_flag(text, script, name, value)
        return
    last = uses[-1]
    if not last.words:
        end = over(last.span, "").end
        yield [Edit(end, end, _gap(text, script) + written(script, value))]
        return
    spans = [span for span in last.word_spans if span]
    if len(spans) < len(last.words) or not spans:
        raise CannotWriteError("its value is not written in one place, as far as can be told")
    whole = spans[0].up_to(spans[-1])
    yield [over(whole, written(script, value, whole.of(text) if len(spans) == 1 else ""))]


def rename_flag(text: str, script: Script, name: str, new_name: str) -> Iterator[list[Edit]]:
    edits = []
    for use in _uses(script, name):
        raw = use.span.of(text) if use.span else ""
        edits.append(over(use.span, flag_written(script, new_name, raw)))
    yield edits


def remove_flag(text: str, script: Script, name: str) -> Iterator[list[Edit]]:
    yield [_removal(text, script, use) for use in _uses(script, name)]


def _uses(script: Script, name: str) -> list[FlagUse]:
    uses = [use for use in script.flags if use.name == name]
    if not uses:
        raise CannotWriteError(f"--{name} is not there any more")
    return uses


def _add_flag(text: str, script: Script, name: str, value: str) -> Iterator[list[Edit]]:
    """At the end of the call, set apart as its last words are."""
    if script.span is None:
        raise CannotWriteError("the call is not written in one place")
    end, key, word = script.span.end, flag_written(script, name), written(script, value)
    if script.syntax == "yaml":
        line = line_of(text, end)
        newline = "\r\n" if "\r\n" in text else "\n"
        before = "" if line.of(text).endswith("\n") else newline
        yield [Edit(line.end, line.end, f"{before}{key}: {word}{newline if not before else ''}")]
        yield [Edit(end, end, f", {key}: {word}")]
    elif script.syntax == "json":
        yield [Edit(end, end, f"{_between_pairs(text, script)}{key}: {word}")]
    else:
        gap = _gap(text, script, whole_flags=True)
        yield [Edit(end, end, gap + key + (gap if script.syntax == "words" else " ") + word)]


def _between_pairs(text: str, script: Script) -> str:
    """The comma between two pairs of JSON, with the line end and indentation that follow it here."""
    wholes = sorted(use.whole for use in script.flags if use.whole)
    gaps = [text[left.end : right.start] for left, right in pairwise(wholes)]
    return next((gap for gap in reversed(gaps) if re.fullmatch(r"\s*,\s*", gap)), ", ")


def _gap(text: str, script: Script, *, whole_flags: bool = False) -> str:
    """What separates words of this call: a blank, a continued line end, the comma of a list."""
    if script.syntax == "words":
        spans = sorted(span for use in script.flags for span in (use.span, *use.word_spans) if span)
        gaps = [text[left.end : right.start] for left, right in pairwise(spans)]
        return next((gap for gap in reversed(gaps) if re.fullmatch(r"\s*,\s*|\s*\n\s*-\s+", gap)), ", ")
    last = max((use.span.start for use in script.flags if use.span), default=0) if whole_flags else 0
    found = _GAP_BEFORE.search(text, script.span.start if script.span else 0, last) if last else None
    return found.group() if found else " "


def _removal(text: str, script: Script, use: FlagUse) -> Edit:
    """The flag and its words, with what sets them apart; nothing else may stand between them."""
    whole = _whole(script, use)
    if script.syntax == "yaml":
        line = line_of(text, whole.start)
        if text[line.start : whole.start].strip():
            raise CannotWriteError("it shares its line with something else")
        return Edit(line.start, line_of(text, max(whole.start, whole.end - 1)).end, "")
    if script.syntax in ("json", "words"):
        return _list_removal(script, whole)
    _refuse_what_is_between(text, use)
    gap = _GAP_BEFORE.search(text, 0, whole.start)
    return Edit(gap.start() if gap else whole.start, whole.end, "")


def _whole(script: Script, use: FlagUse) -> Span:
    if use.whole:
        return use.whole
    spans = [use.span, *use.word_spans]
    first, last = spans[0], spans[-1]
    if script.syntax != "words" or first is None or last is None or None in spans:
        raise CannotWriteError("it is not written in one place, as far as can be told")
    return first.up_to(last)


def _refuse_what_is_between(text: str, use: FlagUse) -> None:
    spans = [span for span in (use.span, *use.word_spans) if span]
    between = [text[left.end : right.start] for left, right in pairwise(spans)]
    if len(spans) == 1 + len(use.words) and not all(re.fullmatch(rf"{GAP}|=", gap) for gap in between):
        raise CannotWriteError("something else stands between its words")


def _list_removal(script: Script, whole: Span) -> Edit:
    """With the comma before it, or the one after it where nothing is before."""
    spans = [span for use in script.flags for span in (use.span, use.whole, *use.word_spans) if span]
    before = max((span.end for span in spans if span.end <= whole.start), default=None)
    if before is not None:
        return Edit(before, whole.end, "")
    after = min((span.start for span in spans if span.start >= whole.end), default=None)
    if after is None:
        raise CannotWriteError("nothing else is in its list")
    return Edit(whole.start, after, "")

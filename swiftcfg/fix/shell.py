"""Edits of a call in a shell script: only the characters that a change is about."""

import re
from collections.abc import Iterator
from itertools import pairwise

from swiftcfg.fix.edits import CannotWriteError, Edit
from swiftcfg.quoting import quote_shell
from swiftcfg.rule import (
    Change,
    RemoveFlag,
    RemoveVariable,
    RenameFlag,
    RenameVariable,
    ReplaceText,
    SetFlag,
    SetVariable,
)
from swiftcfg.script import FlagUse, Script, Span, VariableUse

#: Blanks and continued line ends, which separate words of one command.
_GAP = r"(?:[ \t]|\\\r?\n)+"
_GAP_BEFORE = re.compile(rf"{_GAP}\Z")
_GAP_AFTER = re.compile(_GAP)
_EXPORT_LINE = re.compile(r"([ \t]*)export[ \t]+[A-Za-z_]\w*=[^\r\n;&|]*(\r?\n)")
_BARE_EXPORT = re.compile(r"[ \t]*export[ \t]*(?:#.*)?(?:\r?\n|\Z)")


def shell_edits(text: str, script: Script, change: Change) -> Iterator[list[Edit]]:
    """Ways to write a change, the best first; raises CannotWriteError where there is none."""
    match change:
        case SetFlag(name, value):
            yield [_set_flag(text, script, name, value)]
        case RenameFlag(name, new_name):
            yield [_rename(use, new_name) for use in _uses(script, name)]
        case RemoveFlag(name):
            yield [_remove_flag(text, use) for use in _uses(script, name)]
        case SetVariable(name, value):
            yield from _set_variable(text, script, name, _quoted(script, value))
        case RenameVariable(name, new_name):
            yield [_over(_variable(script, name).span, new_name)]
        case RemoveVariable(name):
            yield from _remove_variable(text, _variable(script, name))
        case ReplaceText(start, end, new_text):
            yield [Edit(start, end, new_text)]


def _quoted(script: Script, value: str) -> str:
    word = quote_shell(value) if value else "''"
    if any(character in word for character in script.forbidden):
        raise CannotWriteError("the command is inside quotes that the new value does not go into")
    return word


def _over(span: Span | None, text: str) -> Edit:
    if span is None:
        raise CannotWriteError("it is not written in one place, as far as can be told")
    return Edit(span.start, span.end, text)


def _uses(script: Script, name: str) -> list[FlagUse]:
    uses = [use for use in script.flags if use.name == name]
    if not uses:
        raise CannotWriteError(f"--{name} is not there any more")
    return uses


def _set_flag(text: str, script: Script, name: str, value: str) -> Edit:
    word = _quoted(script, value)
    uses = [use for use in script.flags if use.name == name]
    if not uses:
        return _add_flag(text, script, f"--{name} {word}")
    last = uses[-1]
    if not last.words:
        end = _over(last.span, "").end
        return Edit(end, end, f" {word}")
    first, final = last.word_spans[0], last.word_spans[-1]
    return _over(first and final and first.up_to(final), word)


def _add_flag(text: str, script: Script, words: str) -> Edit:
    """At the end of the call, set apart as the last flag is from what is before it."""
    if script.span is None:
        raise CannotWriteError("the call is not written in one place")
    last = max((use.span.start for use in script.flags if use.span), default=script.span.start)
    gap = _GAP_BEFORE.search(text, script.span.start, last)
    return Edit(script.span.end, script.span.end, (gap.group() if gap else " ") + words)


def _rename(use: FlagUse, new_name: str) -> Edit:
    hyphens = "-" in use.spelling[2:] and "_" not in use.spelling
    return _over(use.span, "--" + (new_name.replace("_", "-") if hyphens else new_name))


def _remove_flag(text: str, use: FlagUse) -> Edit:
    """The flag and its words with the gap before them; nothing else may stand between them."""
    spans = [use.span, *use.word_spans]
    if use.whole is None:
        raise CannotWriteError("it is not written in one place, as far as can be told")
    known = [span for span in spans if span]
    between = [text[left.end : right.start] for left, right in pairwise(known)]
    if len(known) == len(spans) and not all(re.fullmatch(rf"{_GAP}|=", gap) for gap in between):
        raise CannotWriteError("something else stands between its words")
    gap = _GAP_BEFORE.search(text, 0, use.whole.start)
    return Edit(gap.start() if gap else use.whole.start, use.whole.end, "")


def _variable(script: Script, name: str) -> VariableUse:
    use = next((use for use in script.variables if use.name == name), None)
    if use is None:
        raise CannotWriteError(f"{name} is not set any more")
    return use


def _set_variable(text: str, script: Script, name: str, word: str) -> Iterator[list[Edit]]:
    use = next((use for use in script.variables if use.name == name), None)
    if use:
        yield [_over(use.word_span, word)]
        return
    if script.span is None:
        raise CannotWriteError("the call is not written in one place")
    assignment = f"{name}={word}"
    for sibling in script.variables:
        if sibling.whole and sibling.manner == "prefix":
            gap = _GAP_AFTER.match(text, sibling.whole.end)
            yield [Edit(sibling.whole.start, sibling.whole.start, assignment + (gap.group() if gap else " "))]
    for sibling in reversed(script.variables):
        if sibling.span and sibling.manner == "export":
            start = text.rfind("\n", 0, sibling.span.start) + 1
            line = _EXPORT_LINE.match(text, start)
            if line:
                yield [Edit(start, start, f"{line.group(1)}export {assignment}{line.group(2)}")]
    if not script.clears:
        yield [Edit(script.span.start, script.span.start, f"{assignment} ")]


def _remove_variable(text: str, use: VariableUse) -> Iterator[list[Edit]]:
    whole = use.whole
    if whole is None:
        raise CannotWriteError("it is not written in one place, as far as can be told")
    if use.manner == "prefix":
        gap = _GAP_AFTER.match(text, whole.end)
        yield [Edit(whole.start, gap.end() if gap else whole.end, "")]
        return
    start = text.rfind("\n", 0, whole.start) + 1
    without = _BARE_EXPORT.fullmatch(text[start : whole.start] + text[whole.end : _line_end(text, whole.end)])
    if without:
        yield [Edit(start, _line_end(text, whole.end), "")]
        return
    gap = _GAP_BEFORE.search(text, start, whole.start)
    if gap:
        yield [Edit(gap.start(), whole.end, "")]


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1

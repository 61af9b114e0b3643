"""Edits that set, rename or remove an environment variable."""

import re
from collections.abc import Iterator

from swiftcfg.fix.edits import CannotWriteError, Edit, line_of, over
from swiftcfg.fix.flags import GAP
from swiftcfg.fix.written import written
from swiftcfg.script import Script, Span, VariableUse

_GAP_AFTER = re.compile(GAP)
_GAP_BEFORE = re.compile(rf"{GAP}\Z")


def set_variable(text: str, script: Script, name: str, value: str) -> Iterator[list[Edit]]:
    use = _use(script, name)
    if use:
        raw = use.word_span.of(text) if use.word_span else ""
        yield [over(use.word_span, written(script, value, raw))]
        return
    yield from _beside_another(text, script, name, value)
    if script.syntax == "shell" and script.span and not script.clears:
        yield [Edit(script.span.start, script.span.start, f"{name}={written(script, value)} ")]
    if script.syntax == "yaml":
        newline = "\r\n" if "\r\n" in text else "\n"
        before = "" if text.endswith("\n") or not text else newline
        end = len(text)
        yield [Edit(end, end, f"{before}ENV:{newline}  {name}: {written(script, value)}{newline}")]


def rename_variable(text: str, script: Script, name: str, new_name: str) -> Iterator[list[Edit]]:
    span = _present(script, name).span
    raw = span.of(text) if span else ""
    quote = raw[:1] if raw[:1] in ("'", '"') else ""
    yield [over(span, quote + new_name + quote)]


def remove_variable(text: str, script: Script, name: str) -> Iterator[list[Edit]]:
    use = _present(script, name)
    whole = over(use.whole, "")
    if use.manner == "prefix":
        gap = _GAP_AFTER.match(text, whole.end)
        yield [Edit(whole.start, gap.end() if gap else whole.end, "")]
        return
    lines = _own_lines(text, script, use)
    if lines:
        yield [Edit(lines.start, lines.end, "")]
    gap = _GAP_BEFORE.search(text, 0, whole.start)
    yield [Edit(gap.start() if gap else whole.start, whole.end, "")]


def _use(script: Script, name: str) -> VariableUse | None:
    return next((use for use in script.variables if use.name == name), None)


def _present(script: Script, name: str) -> VariableUse:
    use = _use(script, name)
    if use is None:
        raise CannotWriteError(f"{name} is not set any more")
    return use


def _beside_another(text: str, script: Script, name: str, value: str) -> Iterator[list[Edit]]:
    """As another variable is written: before it in the same command, or as lines like its own above it."""
    for use in reversed(script.variables):
        if use.whole and use.manner == "prefix":
            gap = _GAP_AFTER.match(text, use.whole.end)
            words = f"{name}={written(script, value)}"
            yield [Edit(use.whole.start, use.whole.start, words + (gap.group() if gap else " "))]
        elif use.span and use.word_span and (lines := _own_lines(text, script, use)):
            raw = use.word_span.of(text)
            copy = (
                text[lines.start : use.span.start]
                + _named(use.span.of(text), name)
                + text[use.span.end : use.word_span.start]
                + written(script, value, raw)
                + _rest(text, use.word_span.end, lines.end)
            )
            yield [Edit(lines.start, lines.start, copy)]


def _named(raw: str, name: str) -> str:
    return raw[0] + name + raw[0] if raw[:1] in ("'", '"') else name


def _rest(text: str, start: int, end: int) -> str:
    """What follows a value on its line, without a comment, which is about that value."""
    return re.sub(r"[ \t]+#[^\r\n]*", "", text[start:end])


def _own_lines(text: str, script: Script, use: VariableUse) -> Span | None:
    """The lines from a variable's name to its value, where nothing else of the call is on them."""
    if use.span is None or use.word_span is None or use.word_span.end < use.span.start:
        return None
    lines = Span(line_of(text, use.span.start).start, line_of(text, use.word_span.end).end)
    if not text[lines.start : lines.end].endswith("\n") or "#" in text[lines.start : use.span.start]:
        return None
    others = [other.whole for other in script.variables if other is not use and other.whole]
    others += [script.span] if script.span and script.syntax in ("shell", "words") else []
    return None if any(span.start < lines.end and lines.start < span.end for span in others) else lines

"""What breaks the calls of a file, or hides one: looked for in every shell text of it, told by its places there."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from swiftcfg.script.breakages import Breakage, find_breakages
from swiftcfg.script.fragment import File, Fragment
from swiftcfg.script.hidden import find_hidden
from swiftcfg.script.uses import Place, Script, Span


def breakages_of(script: Script) -> tuple[Breakage, ...]:
    """The breakages that belong to a call: up to the next call of the file, and before it for the first one."""
    return _by_call(script.file).get(script.start, ()) if script.file else ()


def hidden_in(file: File) -> tuple[Breakage, ...]:
    """The calls that stand in texts which run none, each once, with all that is broken around them."""
    silent = [fragment for fragment, runs in file.reads.values() if not runs]
    found = [one for fragment in silent for one in _hidden(fragment)]
    return tuple(dict.fromkeys(sorted(found, key=_order)))


def _hidden(fragment: Fragment) -> Iterator[Breakage]:
    hidden = find_hidden(fragment.text)
    if hidden:
        yield from (_mapped(one, fragment) for one in (*find_breakages(fragment.text), *hidden))


@lru_cache(maxsize=8)
def _by_call(file: File) -> dict[Place, tuple[Breakage, ...]]:
    texts = (fragment for fragment, runs in file.reads.values() if runs)
    found = sorted({_mapped(one, fragment) for fragment in texts for one in find_breakages(fragment.text)}, key=_order)
    return _grouped(found, sorted(set(file.calls))) if found else {}


def _grouped(found: Iterable[Breakage], starts: list[Place]) -> dict[Place, tuple[Breakage, ...]]:
    groups: dict[Place, list[Breakage]] = {start: [] for start in starts}
    for one in found:
        groups[starts[max(0, bisect_right(starts, one.place) - 1)]].append(one)
    return {start: tuple(group) for start, group in groups.items()}


def _order(one: Breakage) -> tuple[Span, str]:
    return one.span, one.kind


def _mapped(one: Breakage, fragment: Fragment) -> Breakage:
    """The same in the whole file; nothing is mended there that is not written letter for letter as it is read."""
    if fragment.text == fragment.file.text:
        return one
    at = fragment.offset(one.span.start)
    edits = [(fragment.exact(span.start, span.end), text) for span, text in one.edits]
    exact = tuple((span, text) for span, text in edits if span and not set(text) & {*fragment.forbidden, "\n"})
    return replace(
        one,
        span=fragment.span(one.span.start, one.span.end) or Span(at, at),
        place=fragment.place(one.span.start),
        edits=exact if len(exact) == len(edits) else (),
    )

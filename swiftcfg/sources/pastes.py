"""Commands in prose: Markdown, issues and their replies, terminals, and the log of ms-swift itself."""

import re
from collections.abc import Iterator

from swiftcfg.config import Unknown
from swiftcfg.script import Script, read_fragment
from swiftcfg.script.fragment import File, Fragment

#: ms-swift@4.6.0:swift/cli/main.py, cli_main: print(f"run sh: `{' '.join(args)}`", flush=True)
_LOGGED = re.compile(r"run sh: `([^`\n]*)`")
_REPLIED = re.compile(r"[ \t]*(?:>[ \t]?)+")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[^`]*$")
_PROMPT = re.compile(r"[ \t]*(?:\([^()\n]{1,60}\)[ \t]*)?(?:\[?[\w.-]+@[\w.-]+[^\n$#]{0,80})?[$#%][ \t]+(?=\S)")
_ROOT_PROMPT = re.compile(r"[ \t]*\S+@\S+[^\n$#]{0,80}#[ \t]+(?=\S)")
_TICKED = re.compile(r"`([^`]*\bdeploy\b[^`]*)`")
_QUOTED = re.compile(r"""(['"\u201c])([^'"\n\u201c\u201d]*\bswift deploy\b[^'"\n\u201c\u201d]*)['"\u201d]""")
_RETURN = re.compile(r"\r(?=\n)")
_PLACEHOLDER = re.compile(r"<[A-Za-z][\w ./-]{0,60}>")

_Lines = list[tuple[int, int]]


def logged_calls(file: File) -> tuple[Script, ...]:
    """The calls that ms-swift's log says it makes."""
    everything = Fragment.of_file(file)
    parts = (everything.cut(*match.span(1), forbidden="`") for match in _LOGGED.finditer(file.text))
    return tuple(script for part in parts for script in read_fragment(part))


def pasted_calls(file: File) -> tuple[Script, ...]:
    """The calls in fences; where there are none, those in the text with prompts and reply marks taken off.

    Only what is fenced is noted in ``file``: outside of it a broken command looks like any sentence.
    """
    lines = list(_lines(file))
    scripts = [script for block in _fenced(file, lines) for script in _read(_block(file, block))]
    file = File(file.text)
    scripts = scripts or [script for script in _read(_block(file, lines)) if script.says_more]
    if scripts:
        return tuple(scripts)
    text = Fragment.of_file(file).parts(lines)
    matches = [(match, 1) for match in _TICKED.finditer(text.text)] or [(m, 2) for m in _QUOTED.finditer(text.text)]
    parts = (text.cut(*match.span(group), forbidden="`'\"") for match, group in matches)
    return tuple(script for part in parts for script in _read(part) if script.says_more)


def _read(fragment: Fragment) -> tuple[Script, ...]:
    return tuple(read_fragment(_placeheld(fragment)))


def _lines(file: File) -> Iterator[tuple[int, int]]:
    """Each line without the marks of a reply in front of it."""
    for number, start in enumerate(file.line_starts):
        end = file.line_starts[number + 1] if number + 1 < len(file.line_starts) else len(file.text)
        mark = _REPLIED.match(file.text, start, end)
        yield (mark.end() if mark else start), end


def _fenced(file: File, lines: _Lines) -> list[_Lines]:
    """The lines of each fenced block, without the fences; one that is never closed goes to the end.

    Where the first fence is bare and one too many, what is before it was copied without the fence above it.
    """
    fences = [at for at, (start, end) in enumerate(lines) if _FENCE.match(file.text[start:end].rstrip())]
    cut_off = len(fences) % 2 == 1 and not file.text[slice(*lines[fences[0]])].strip("`~ \t\r\n")
    blocks: list[_Lines] = [lines[: fences[0]]] if cut_off else []
    lines = lines[fences[0] + 1 :] if cut_off else lines
    fence = ""
    for start, end in lines:
        match = _FENCE.match(file.text[start:end].rstrip())
        if match and not fence:
            fence = match.group(1)
            blocks.append([])
        elif match and match.group(1).startswith(fence[:3]):
            fence = ""
        elif fence:
            blocks[-1].append((start, end))
    return blocks


def _block(file: File, lines: _Lines) -> Fragment:
    """The shell text of a block; carriage returns are the document's, and nobody copies them."""
    return Fragment.of_file(file).parts(_typed(file, lines)).replaced(_RETURN, lambda _: "")


def _typed(file: File, lines: _Lines) -> _Lines:
    """Of a copied terminal only what was typed: lines with a prompt, and those that continue them."""
    typed: _Lines = []
    going_on = False
    for start, end in lines:
        match = _PROMPT.match(file.text, start, end)
        if match and "#" in match.group() and not _ROOT_PROMPT.match(file.text, start, end):
            match = None
        if match and not going_on:
            typed.append((match.end(), end))
        elif going_on:
            typed.append((start, end))
        going_on = bool(match or going_on) and file.text[start:end].rstrip("\r\n").endswith("\\")
    return typed or lines


def _placeheld(fragment: Fragment) -> Fragment:
    """``<model>`` in prose is no redirection; what it stands for is not known."""
    return fragment.replaced(_PLACEHOLDER, lambda match: Unknown(match[0]))

"""Shell text as people paste it: with code fences, reply marks, prompts, or out of a log or a sentence.

What is not shell text becomes blanks of the same length, so that every character keeps its place.
"""

import re
from collections.abc import Callable

#: A line of backticks or quotes around pasted code, with the language that Markdown lets follow.
_FENCE = re.compile(r"[ \t]*(`{3,}[ \t]*[A-Za-z0-9_+-]*|~{3,}[ \t]*[A-Za-z0-9_+-]*|`|\"{3,}|'{3,})[ \t\r]*")
_REPLY = re.compile(r"^[ \t]*(?:>[ \t]?)+")
_PROMPT = re.compile(r"^[ \t]*\$[ \t]+")
#: ms-swift prints the command it runs (ms-swift@4.6.0:swift/cli/main.py); prose quotes one in the same way.
_QUOTED = re.compile(r"`(?=([^`\n]*)`)")
_DEPLOY = re.compile(r"\bswift[ \t]+deploy\b|swift/cli/deploy\.py|swift\.cli\.deploy")


def undressed(text: str) -> str:
    """The text without what people and programs put around a command; of the same length."""
    for step in (_without_reply_marks, _inside_fences, _inside_backticks, _without_prompts):
        text = step(text)
    return text


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _by_line(text: str, change: Callable[[str], str]) -> str:
    return "\n".join(change(line) for line in text.split("\n"))


def _without_reply_marks(text: str) -> str:
    """``> `` before every line, as in a quoted reply."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not all(_REPLY.match(line) for line in lines):
        return text
    return _by_line(text, lambda line: _REPLY.sub(lambda mark: _blank(mark.group()), line, count=1))


def _inside_fences(text: str) -> str:
    """What stands between pairs of fences; a single fence only goes itself."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if _FENCE.fullmatch(line)]
    inside = set(range(len(lines)))
    if len(fences) > 1:
        pairs = zip(fences[::2], [*fences[1::2], len(lines)], strict=False)
        inside = {number for first, last in pairs for number in range(first, last)}
    kept = inside.difference(fences)
    return "\n".join(line if number in kept else _blank(line) for number, line in enumerate(lines))


def _inside_backticks(text: str) -> str:
    """A command between backticks in a line of prose or of a log."""

    def quoted(line: str) -> str:
        found = next((span for span in _QUOTED.finditer(line) if _DEPLOY.search(span.group(1))), None)
        if found is None:
            return line
        return _blank(line[: found.start(1)]) + found.group(1) + _blank(line[found.end(1) :])

    return _by_line(text, quoted)


def _without_prompts(text: str) -> str:
    """``$ `` before a command, as in a copied terminal."""
    return _by_line(text, lambda line: _PROMPT.sub(lambda mark: _blank(mark.group()), line, count=1))

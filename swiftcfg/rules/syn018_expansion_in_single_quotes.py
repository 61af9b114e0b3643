"""Variable in single quotes.

Between single quotes a dollar is a dollar: swift gets the text ``$MODEL`` and looks for a model of that name.

Bad:

    MODEL=Qwen/Qwen2.5-VL-7B-Instruct
    swift deploy --model '$MODEL' --infer_backend vllm

Good:

    MODEL=Qwen/Qwen2.5-VL-7B-Instruct
    swift deploy --model "$MODEL" --infer_backend vllm
"""

import re
from collections.abc import Iterator

from swiftcfg.config import Word
from swiftcfg.facts import Origin
from swiftcfg.rule import Finding, Fix, ReplaceText
from swiftcfg.script import FlagUse, Script, Span

SEVERITY = "error"
CONFIDENCE = "likely"
SOURCES = ("https://www.gnu.org/software/bash/manual/bash.html#Single-Quotes",)


_EXPANSION = re.compile(r"\$(?:[A-Za-z_]\w*|\{\w)")


def check(script: Script, origin: Origin) -> Iterator[Finding]:
    if script.syntax != "shell":
        return
    words = [(use.place, f"--{use.name}", word, span) for use in script.flags for word, span in _pairs(use)]
    words += [(use.place, use.name, use.word, use.word_span) for use in script.variables]
    for place, subject, word, span in words:
        raw = span.of(origin.text) if span else ""
        match = _EXPANSION.search(word) if isinstance(word, str) and raw[:1] == raw[-1:] == "'" else None
        if span and match:
            yield Finding(
                f"{subject} gets the text {word}: nothing is put in for {match[0]} in single quotes",
                place,
                subject,
                _fix(span, raw),
            )


def _pairs(use: FlagUse) -> Iterator[tuple[Word, Span | None]]:
    return zip(use.words, use.word_spans, strict=False)


def _fix(span: Span, raw: str) -> Fix | None:
    """Double quotes, where nothing between them would mean something else in them."""
    if set(raw[1:-1]) & set("'\"`\\!"):
        return None
    return Fix("write double quotes", (ReplaceText(span.start, span.end, f'"{raw[1:-1]}"'),), safe=False)

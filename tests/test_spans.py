"""What has a span can be edited there, and the script then means what the edit says."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from test_read_script import random_script

from swiftcfg.script import FlagUse, Script, Span, VariableUse, read_script, read_words

DICE = random.Random(861)
SCRIPTS = [random_script(DICE) for _ in range(1500)]


def edited(text: str, span: Span, new: str) -> str:
    return text[: span.start] + new + text[span.end :]


def uses(kind: str) -> Iterator[tuple[str, int, Script, FlagUse | VariableUse]]:
    for text in SCRIPTS:
        for number, script in enumerate(read_script(text)):
            for use in script.flags if kind == "flags" else script.variables:
                yield text, number, script, use


def flags(text: str, number: int) -> list[tuple[str, tuple[object, ...]]]:
    return [(use.name, use.words) for use in read_script(text)[number].flags]


def test_a_name_is_where_its_span_says_and_can_be_replaced_there():
    seen = 0
    for text, number, script, use in uses("flags"):
        if use.span is None:
            continue
        seen += 1
        at = script.flags.index(use)
        expected = flags(text, number)
        expected[at] = ("new", expected[at][1])
        assert flags(edited(text, use.span, "--new"), number) == expected, text
    assert seen > 1000


def test_a_value_is_where_its_span_says_and_can_be_replaced_there():
    seen = 0
    for text, number, script, use in uses("flags"):
        for position, span in enumerate(use.word_spans):
            if span is None:
                continue
            seen += 1
            expected = flags(text, number)
            at = script.flags.index(use)
            words = (*use.words[:position], "n e'w", *use.words[position + 1 :])
            expected[at] = (use.name, words)
            assert flags(edited(text, span, "'n e'\\''w'"), number) == expected, text
    assert seen > 1000


def test_a_use_can_be_taken_out_whole():
    seen = 0
    for text, number, script, use in uses("flags"):
        if use.whole is None or script.strays:
            continue  # a stray word after a flag that is gone belongs to the flag before
        seen += 1
        expected = flags(text, number)
        del expected[script.flags.index(use)]
        assert flags(edited(text, use.whole, ""), number) == expected, text
    assert seen > 1000


def test_a_flag_can_be_put_after_the_last_word():
    seen = 0
    for text in SCRIPTS:
        for number, script in enumerate(read_script(text)):
            if script.span and "--" not in [stray.word for stray in script.strays]:
                seen += 1
                end = Span(script.span.end, script.span.end)
                assert flags(edited(text, end, " --new 1"), number) == [*flags(text, number), ("new", ("1",))], text
    assert seen > 1000


def test_a_variable_can_be_put_before_the_first_word():
    for text in SCRIPTS:
        for number, script in enumerate(read_script(text)):
            if script.span:
                start = Span(script.span.start, script.span.start)
                (new,) = [
                    use for use in read_script(edited(text, start, "NEW=1 "))[number].variables if use.name == "NEW"
                ]
                assert (new.word, new.manner) == ("1", "prefix")


def test_a_variable_is_where_its_spans_say():
    seen = 0
    for text, number, script, use in uses("variables"):
        if use.span is None:
            continue
        seen += 1
        assert use.span.of(text) == use.name
        assert use.whole is not None
        assert use.word_span is not None
        assert use.whole.of(text) == f"{use.name}={use.word_span.of(text)}"
        new = [
            each for each in read_script(edited(text, use.word_span, "new"))[number].variables if each.name == use.name
        ]
        assert [each.word for each in new] == ["new"], text
        assert new[0] == replace(use, word="new", word_span=Span(use.word_span.start, use.word_span.start + 3))
        assert script.span
    assert seen > 500


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("swift deploy --a $TWO\n", [Span(17, 21)]),
        ("TWO='1 2'\nswift deploy --a $TWO\n", [None, None]),
        ("swift deploy --a {1,2}\n", [None, None]),
        ("swift deploy '--a=1'\n", [None]),
        ('swift deploy --a="1 $X"\n', [Span(17, 23)]),
    ],
)
def test_some_words_are_written_nowhere_in_particular(text: str, spans: list[Span | None]):
    assert list(read_script(text)[0].flags[0].word_spans) == spans


def test_words_of_a_command_line_have_no_spans():
    script = read_words(["A=1", "swift", "deploy", "--a=1", "--b", "2", "z"])
    assert script.span is None
    assert {use.span for use in (*script.flags, *script.strays, *script.variables)} == {None}
    assert script.flags[1].word_spans == (None, None)

"""The server's raw output: split and cleaned, whatever it is and however it comes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swiftcfg.serverlog import LONGEST_LINE, Lines, Witness, clean

CLEANED = {
    b"plain text": "plain text",
    b"a tab\tstays": "a tab\tstays",
    b"\x1b[32mINFO\x1b[0m green": "INFO green",
    b"\x1b[1;38;5;196mbold red\x1b[m": "bold red",
    b"\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x07": "link",
    b"\x1b(Bcharset\x1b=keys": "charsetkeys",
    b"cut off \x1b[3": "cut off ",
    b"back\x08space, bell\x07, null\x00, delete\x7f": "backspace, bell, null, delete",
    "bars █████ and 中文".encode(): "bars █████ and 中文",
    b"bad \xff\xfe bytes": "bad \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} bytes",
    "right\N{RIGHT-TO-LEFT OVERRIDE}left\N{ZERO WIDTH SPACE}".encode(): "rightleft",
    "two\N{LINE SEPARATOR}lines".encode(): "twolines",
    "\x9b31mred".encode(): "red",
}


@pytest.mark.parametrize(("raw", "text"), CLEANED.items())
def test_what_a_terminal_obeys_is_taken_out(raw: bytes, text: str):
    assert clean(raw) == text


def _split(*pieces: bytes) -> list[str]:
    lines = Lines()
    return [line for piece in pieces for line in lines.feed(piece)] + lines.end()


def test_lines_end_where_a_progress_bar_redraws_itself():
    output = b"first\r\n\rLoading: 0%\rLoading: 50%\rLoading: 100%\nlast"
    assert _split(output) == ["first", "Loading: 0%", "Loading: 50%", "Loading: 100%", "last"]


def test_a_line_without_an_end_is_given_when_the_output_ends():
    lines = Lines()
    assert (lines.feed(b"no end"), lines.end(), lines.end()) == ([], ["no end"], [])


def test_of_an_endless_line_the_beginning_is_kept():
    lines = Lines()
    for _ in range(100):
        assert lines.feed(b"x" * 10_000) == []
    assert [len(line) for line in lines.feed(b"\nnext\n")] == [LONGEST_LINE, 4]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_lines_do_not_depend_on_how_the_output_is_cut(output: bytes, cuts: list[int]):
    ends = [0, *sorted(min(cut, len(output)) for cut in cuts), len(output)]
    assert _split(*(output[start:end] for start, end in pairwise(ends))) == _split(output)


@given(st.binary(max_size=400))
def test_any_bytes_become_lines_that_a_terminal_shows_and_nothing_more(output: bytes):
    for line in _split(output):
        assert line
        assert all(
            character.isprintable() or character in "\t\N{NO-BREAK SPACE}" or character > "\xff" for character in line
        )


@given(st.binary(max_size=400))
def test_clean_text_is_clean(output: bytes):
    assert clean(clean(output).encode()) == clean(output)


def _seen(*parts: list[str]) -> tuple[str, ...]:
    witness = Witness()
    for part in parts:
        witness.see(part)
    return witness.lines


FLOOD = [f"request {number} done" for number in range(5000)]


def test_what_failed_first_is_kept_through_a_flood_while_the_server_starts():
    traceback = ["Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: the cause"]
    kept = _seen(["before"], traceback, FLOOD)
    assert kept[:4] == ("before", *traceback)
    assert kept[-200:] == tuple(FLOOD[-200:])


def test_what_failed_last_is_kept_once_the_server_serves():
    asked = [f"ValueError: request {number}" for number in range(5000)]
    kept = _seen(["ValueError: early"], ["INFO: Uvicorn running on http://0.0.0.0:8000"], asked)
    assert "ValueError: early" not in kept
    assert kept[-1] == asked[-1]


@given(
    st.lists(
        st.lists(st.sampled_from(["fine", "ValueError: x", "Uvicorn running on", "  deep"]), max_size=60), max_size=9
    )
)
def test_a_witness_keeps_lines_in_their_order_and_the_last_ones_in_any_case(parts: list[list[str]]):
    everything = [line for part in parts for line in part]
    kept = _seen(*parts)
    rest = iter(everything)
    assert all(line in rest for line in kept)
    assert kept[-50:] == tuple(everything[-50:])


def test_a_witness_is_bounded():
    assert len(_seen(*(["ValueError: x"] * 1000 for _ in range(20)))) <= 2200

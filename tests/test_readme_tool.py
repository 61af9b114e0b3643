"""tools/readme.py: what it takes for a command, when output counts as the one shown, what it leaves out."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import readme
from readme import LEFT_OUT, Place, Shown

PAGE = """# Title
```sh
$ never run
```
```console
$ first \\
>     --option
out
…

$ second
```
<!-- $ third -->
```text
hidden
```
"""


def test_a_page_is_its_lines_and_its_commands():
    found = [part for part in readme.parts(PAGE) if isinstance(part, Shown)]
    assert found == [
        Shown("first \\\n    --option", ("$ first \\", ">     --option"), ("out", "…")),
        Shown("second", ("$ second",), ()),
        Shown("third", ("<!-- $ third -->", "```text"), ("hidden",)),
    ]


def test_no_line_of_a_page_is_lost():
    lines = []
    for part in readme.parts(PAGE):
        lines += [part] if isinstance(part, str) else [*part.written, *part.output]
    assert "\n".join(lines) == PAGE


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a"], ["a", "b"], False),
        (["a", LEFT_OUT], ["a", "b", "c"], True),
        (["a", LEFT_OUT, "c"], ["a", "c"], True),
        ([LEFT_OUT, "b", LEFT_OUT], ["a", "b", "c"], True),
        ([LEFT_OUT, "b"], ["a", "b", "c"], False),
        ([], [], True),
    ],
)
def test_lines_left_out_stand_for_any_number(shown, printed, expected):
    assert readme.holds(shown, printed) is expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([], ["top", "total 81.5 GiB", "more", "verdict: fits", "end"]),
        (["top", "total 79.1 GiB", LEFT_OUT], ["top", "total 81.5 GiB", LEFT_OUT]),
        ([LEFT_OUT, "verdict: fits", LEFT_OUT], [LEFT_OUT, "verdict: fits", LEFT_OUT]),
        (["top", LEFT_OUT, "total 79.1 GiB", LEFT_OUT, "end"], ["top", LEFT_OUT, "total 81.5 GiB", LEFT_OUT, "end"]),
    ],
)
def test_new_output_keeps_what_was_left_out(shown, expected):
    printed = ["top", "total 81.5 GiB", "more", "verdict: fits", "end"]
    assert list(readme.renewed(shown, printed)) == expected


@given(st.lists(st.sampled_from(["a 1", "a 2", "b", "", LEFT_OUT])), st.lists(st.sampled_from(["a 1", "a 3", "b", ""])))
def test_what_is_written_holds_when_it_is_checked(shown, printed):
    written = list(readme.renewed(shown, printed))
    assert readme.holds(written, printed)


def test_a_command_that_fails_must_say_so(tmp_path):
    place = Place(tmp_path)
    assert place.run("echo one; false; echo status $?") == ["one", "status 1"]
    with pytest.raises(SystemExit, match="ends with 1"):
        place.run("echo one; false")


def commands(page):
    text = (readme.ROOT / page).read_text(encoding="utf-8")
    return [part.command for part in readme.parts(text) if isinstance(part, Shown)]


def test_both_readmes_show_the_same_commands():
    first, second = map(commands, readme.PAGES)
    assert first == second
    assert first

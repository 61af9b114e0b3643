"""How reports are laid out, whatever the words are."""

from hypothesis import given
from hypothesis import strategies as st

from swiftcfg.report.layout import WIDTH, many, table, wrapped
from swiftcfg.report.plain import width

WORDS = st.lists(st.text("ab-/é", min_size=1, max_size=120), max_size=20)
CELLS = st.text("ab é模", max_size=6)


@given(WORDS)
def test_lines_have_one_width_and_words_stay_whole(words: list[str]):
    lines = wrapped(" ".join(words), "    ", first="- ").split("\n")
    assert [word for line in lines for word in line.removeprefix("- ").split()] == words
    assert all(len(line) <= WIDTH or len(line.split()) <= 2 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:])


@given(st.integers(1, 4).flatmap(lambda columns: st.lists(st.tuples(*[CELLS] * columns), min_size=1, max_size=5)))
def test_every_line_of_a_table_has_its_cells_at_the_same_columns(rows: list[tuple[str, ...]]):
    marked = [(*row, "|") for row in rows]
    assert len({width(line) for line in table(marked)}) == 1
    assert len({width(line) for line in table(marked, numbers_from=1)}) == 1


def test_words_begin_at_one_column_and_numbers_end_at_one():
    rows = [("name", "tokens"), ("模型", "12,345"), ("a", "7")]
    assert list(table(rows, numbers_from=1)) == ["name  tokens", "模型  12,345", "a          7"]
    assert list(table(rows)) == ["name  tokens", "模型  12,345", "a     7"]


def test_numbers_go_with_their_nouns():
    assert [many(1, "error"), many(2, "error"), many(0, "fix"), many(3, "process")] == [
        "1 error", "2 errors", "0 fixes", "3 processes",
    ]  # fmt: skip

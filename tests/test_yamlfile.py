import io
import json
import math
import sys
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from swiftcfg.errors import InputError, SwiftcfgError
from swiftcfg.files import READ_LIMIT
from swiftcfg.yamlfile import DEPTH_LIMIT, NODE_LIMIT, parse_json, parse_yaml, read_document

READERS = {"yaml": parse_yaml, "json": parse_json}


def is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(is_plain(key) and is_plain(below) for key, below in value.items())
    if isinstance(value, list):
        return all(is_plain(below) for below in value)
    return value is None or type(value) in (str, int, float, bool)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=12,
)
yaml_like = st.lists(
    st.sampled_from(
        [*"abc:-?*&!|>{}[],#'\"\\\n\t %@=<~0_.x1", "<<: ", "&a ", "*a", "!!int ", "--- ", "\n  ", "é", "\0"]
    ),
    max_size=40,
).map("".join)


@given(st.binary(max_size=200) | yaml_like.map(str.encode))
@settings(max_examples=400)
def test_any_bytes_are_plain_data_or_an_input_error(content: bytes):
    for reader in READERS.values():
        with suppress(InputError):
            assert is_plain(reader(content, "f"))


@given(plain)
def test_what_yaml_writes_is_read_back(value: object):
    text = yaml.safe_dump(value, allow_unicode=False)
    assert parse_yaml(text.encode(), "f") == value


@given(plain)
def test_what_json_writes_is_read_back(value: object):
    assert parse_json(json.dumps(value).encode(), "f") == value


BILLION_LAUGHS = b"a: &a [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter, letter, b", ".join([b"*%c" % (letter - 1)] * 10)) for letter in b"bcdefghi"
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a: 1\nb: {a: 2, a: 3}", "f:2:11: the key 'a' is given twice"),
        (b"a: 1\n\tb: 2", "f:2:1: found a tab character that violates indentation"),
        (b"a: 1\nb: \xff", "f:2:4: the byte 0xFF is not UTF-8"),
        ("a: 1".encode("utf-16"), "f:1:1: the byte 0xFF is not UTF-8"),
        (b"a: \x00", "f:1:4: the control character U+0000 cannot stand in YAML"),
        (b"a: !!python/name:os.system x", "f:1:4: tags such as 'tag:yaml.org,2002:python/name:os.system' are not read"),
        (b"a: !!binary aGk=", "f:1:4: tags such as 'tag:yaml.org,2002:binary' are not read"),
        (b"a: &a [*a]", "f:1:8: the alias *a holds itself"),
        (b"a: *b", "f:1:4: there is no &b before *b"),
        (b"? [a]\n: 1", "f:1:3: a key must be a word"),
        (b"a: 0x_", "f:1:4: '0x_' is not a number"),
        (b"a: 1\n---\nb: 2", "f:2:1: but found another document"),
        (b"a: [1", "f:2:1: did not find expected ',' or ']'"),
        (BILLION_LAUGHS, f"f:5:8: more than {NODE_LIMIT} values, aliases counted each time"),
        (b"[" * 100_000, f"f:1:{DEPTH_LIMIT + 1}: nested deeper than {DEPTH_LIMIT} levels"),
    ],
)
def test_bad_yaml_is_told_with_its_place(content: bytes, sentence: str):
    with pytest.raises(InputError) as caught:
        parse_yaml(content, "f")
    assert caught.value.sentence == sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"a": 1,\n b}', "f:2:2: not JSON: Expecting property name enclosed in double quotes"),
        (b'{"a": 1, "a": 2}', "f: the key 'a' is given twice in one object"),
        (b"[NaN]", "f: NaN is not a number that JSON knows"),
        (b'"\\ud800"', "f: '\\ud800' holds half of a character"),
        (b"\xff", "f:1:1: the byte 0xFF is not UTF-8"),
        (b"[" * 100_000, f"f: nested deeper than {DEPTH_LIMIT} levels"),
        (b"[" * 50 + b"]" * 50, f"f: nested deeper than {DEPTH_LIMIT} levels"),
    ],
)
def test_bad_json_is_told(content: bytes, sentence: str):
    with pytest.raises(InputError) as caught:
        parse_json(content, "f")
    assert caught.value.sentence == sentence


def test_an_integer_of_thousands_of_digits_is_an_input_error():
    for reader in READERS.values():
        with pytest.raises(InputError):
            reader(b"9" * 10_000, "f")


def test_a_tab_gets_the_hint_to_use_spaces():
    with pytest.raises(InputError) as caught:
        parse_yaml(b"a:\n\tb: 1", "f")
    assert caught.value.hint == "use spaces: YAML does not indent by tabs"


def test_a_byte_order_mark_is_no_fault():
    assert parse_yaml(b"\xef\xbb\xbfa: 1", "f") == parse_json(b'\xef\xbb\xbf{"a": 1}', "f") == {"a": 1}


def test_dates_stay_text_and_infinity_is_a_number():
    assert parse_yaml(b"a: 2024-13-45\nb: .inf", "f") == {"a": "2024-13-45", "b": math.inf}


def test_merge_keys_may_be_overridden():
    content = b"a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, y: 4}"
    assert parse_yaml(content, "f") == {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}, "c": {"x": 3, "y": 4}}


def test_the_name_decides_between_json_and_yaml(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text('{"a":\n\t1}')
    (tmp_path / "a.yaml").write_text("a: 1 # one\n")
    assert read_document(str(tmp_path / "a.json")) == read_document(str(tmp_path / "a.yaml")) == {"a": 1}
    for text in (b' {"a":\n\t1}', b"a: 1"):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert read_document("-") == {"a": 1}


def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "big.yaml").write_bytes(b"#" * (READ_LIMIT + 1))
    for path in (tmp_path, tmp_path / "none.yaml", tmp_path / "big.yaml" / "x", tmp_path / "big.yaml"):
        with pytest.raises(SwiftcfgError) as caught:
            read_document(str(path))
        assert str(path) in caught.value.sentence
    with pytest.raises(InputError):
        read_document("a\0b")

import json
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swiftcfg.architectures import Tensor
from swiftcfg.checkpoint.headers import read_header
from swiftcfg.errors import InputError


def raw_file(path, header, *, length=None, data=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + data)
    return path


ONE = {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "has 0 bytes, too few for a safetensors file"),
        (b"\x10", "has 1 bytes, too few for a safetensors file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer, not the weights"),
        (b"\xff" * 8 + b"{}", "says its header has 18446744073709551615 bytes, which no safetensors file has"),
        (struct.pack("<Q", 90_000_000) + b"{}", "ends inside its header (10 bytes, header 90000000)"),
    ],
)
def test_a_damaged_beginning_is_told(content, fault, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_header(path)
    assert caught.value.sentence == f"{path} {fault}"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (b"{", "is not valid JSON"),
        (b"\xff{}", "is not UTF-8 text"),
        (b"[1]", "holds a list, not an object"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' * 100_000, "nested too deeply"),
        ({"a": ONE | {"shape": [-2, -2]}}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE | {"shape": [2, 2.5]}}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE | {"shape": [2, True]}}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE | {"shape": [2**62] * 100_000}}, "the entry of tensor 'a' is damaged"),
        (b'{"a": ' + b"9" * 5000 + b"}", "holds a number of thousands of digits"),
        ({"a": ONE | {"shape": [2**62, 2**62]}}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE | {"shape": [2, 3]}}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE | {"data_offsets": [8, 0]}}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE | {"data_offsets": [0]}}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE | {"dtype": 7}}, "the entry of tensor 'a' is damaged"),
        ({"a": 1}, "the entry of tensor 'a' is damaged"),
        ({"a": ONE, "b": ONE}, "tensor 'b' overlaps another one"),
        ({"a": ONE, "b": ONE | {"data_offsets": [4, 12]}}, "tensor 'b' overlaps another one"),
        (b'{"a": %s, "a": %s}' % ((json.dumps(ONE).encode(),) * 2), "a tensor is described twice"),
        ({"a": ONE | {"shape": [4, 4], "data_offsets": [0, 32]}}, "its header describes 32 bytes of weights, 8"),
    ],
)  # fmt: skip
def test_a_hostile_header_is_told(header, fault, tmp_path):
    path = raw_file(tmp_path / "model.safetensors", header, data=bytes(8))
    with pytest.raises(InputError) as caught:
        read_header(path)
    assert fault in caught.value.sentence
    assert str(path) in caught.value.sentence
    assert caught.value.hint


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(data)
    with suppress(InputError):
        read_header(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ENTRY = st.fixed_dictionaries({}, optional={"dtype": JSON | st.just("BF16"), "shape": JSON, "data_offsets": JSON})


@given(st.dictionaries(st.text(max_size=8), ENTRY | JSON, max_size=4))
def test_any_header_is_read_or_refused(tmp_path_factory, header):
    path = raw_file(tmp_path_factory.getbasetemp() / "any.safetensors", header, data=bytes(64))
    with suppress(InputError):
        read_header(path)


def test_a_dtype_of_a_later_format_counts_by_its_offsets(tmp_path):
    entry = {"dtype": "F2_NEW", "shape": [8], "data_offsets": [0, 2]}
    path = raw_file(tmp_path / "m.safetensors", {"a.weight": entry}, data=bytes(2))
    assert read_header(path) == [Tensor("a.weight", "U8", (2,))]

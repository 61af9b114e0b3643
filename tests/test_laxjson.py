"""JSON from a command line: strict, repaired as json_repair does it, refused, or not to be told."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swiftcfg import laxjson

READ = {
    '{"image": 5}': {"image": 5},
    "5": 5,
    "{image: 5}": {"image": 5},
    "{'image': 5}": {"image": 5},
    "{image: 5, video: 2}": {"image": 5, "video": 2},
    "{image:5,video:2}": {"image": "5", "video": 2},
    "{image:5 ,video:2}": {"image": 5, "video": 2},
    '{"image":5,}': {"image": 5},
    '{"image": 5': {"image": 5},
    '{"image": 5}}': {"image": 5},
    "'{\"image\": 5}'": {"image": 5},
    '{\\"image\\": 5}': {"image": 5},
    '{"image"=5}': {"image": 5},
    "{image: {count: 5, width: 1316}}": {"image": {"count": 5, "width": 1316}},
    "{mm_processor_kwargs:{max_pixels:1003520},kv_cache_dtype:fp8}": {
        "mm_processor_kwargs": {"max_pixels": 1003520},
        "kv_cache_dtype": "fp8",
    },
    '{"a": True, "b": None}': {"a": True, "b": None},
    "{a: -1.5}": {"a": -1.5},
}


@pytest.mark.parametrize(("text", "value"), READ.items())
def test_slips_are_read_as_json_repair_reads_them(text: str, value: object):
    assert laxjson.read(text, repaired=True) == value


@pytest.mark.parametrize("text", ["image=5", "image=5,video=2", "", "image", '"image": 5'])
def test_what_has_no_bracket_is_refused(text: str):
    with pytest.raises(laxjson.RefusedError):
        laxjson.read(text, repaired=True)


@pytest.mark.parametrize(
    "text", ["{image}", '{"image":5,"video":}', '{"image": 5}{"video": 2}', "{image=5}", "{a:1,,b:2}"]
)
def test_stranger_things_are_not_guessed(text: str):
    with pytest.raises(laxjson.UnclearError):
        laxjson.read(text, repaired=True)


@pytest.mark.parametrize("text", ["{}", "[{}]", '{{"image": {}}}', "{{image: -{}}}"])
@pytest.mark.parametrize("repaired", [False, True])
def test_numbers_of_thousands_of_digits_are_refused(text: str, repaired: bool):
    text = text.format("1" * 5000)
    with pytest.raises((laxjson.RefusedError, laxjson.UnclearError)):
        laxjson.read(text, repaired=repaired)


def test_releases_without_repair_refuse_everything_but_json():
    assert laxjson.read('{"image": 5}', repaired=False) == {"image": 5}
    with pytest.raises(laxjson.RefusedError):
        laxjson.read("{image: 5}", repaired=False)


@given(st.text(st.sampled_from("{}[]:,\"'= a5\\.-n"), max_size=30) | st.text(max_size=20) | st.just("{a:" * 3000))
def test_any_text_has_an_answer(text: str):
    with contextlib.suppress(laxjson.RefusedError, laxjson.UnclearError):
        laxjson.read(text, repaired=True)

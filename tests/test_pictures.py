"""Pictures and clips that are made, and the size of pictures that are given; real decoders are the judges."""

import json
import struct
import subprocess
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import serving_python

from swiftcfg.media import Clip, Size, parse_clip
from swiftcfg.pictures import avi, media_type, picture_size, png

Ask = Callable[[dict[str, Any]], Any]
SIZES = [Size(1, 1), Size(31, 33), Size(65, 32), Size(1280, 720), Size(3, 4000)]
CLIPS = ["640x360@8fps,4s", "37x29@29.97fps,33frames", "1036x582@2.5fps,10frames", "28x28@60fps,0.2s"]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Pillow, decord, PyAV and OpenCV, as they serve."""
    runner = Path(__file__).parent / "oracles" / "pictures.py"
    with subprocess.Popen(
        [serving_python(), runner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout

        def one(request: dict[str, Any]) -> Any:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield one


@pytest.mark.serve
def test_pillow_reads_our_pictures(ask):
    read = [ask({"read": "image", "data": b64encode(png(size)).decode()}) for size in SIZES]
    assert read == [
        {"format": "PNG", "size": [size.width, size.height], "mode": "RGB", "corner": [32, 64, 128]} for size in SIZES
    ]


@pytest.mark.serve
@pytest.mark.parametrize("text", CLIPS)
def test_every_reader_of_videos_reads_our_clips(ask, text):
    clip = parse_clip(text)
    (read,) = {tuple(found) for found in ask({"read": "video", "data": b64encode(avi(clip)).decode()}).values()}
    assert read == (clip.size.width, clip.size.height, clip.total_frames, clip.fps)


@pytest.mark.serve
@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_sizes_are_read_from_pictures_of_others(ask, form, mode):
    for size in SIZES:
        if form == "JPEG" and mode == "RGBA":
            continue  # there is no such thing
        data = b64decode(ask({"make": form, "size": [size.width, size.height], "mode": mode}))
        assert (picture_size(data), media_type(data)) == (size, f"image/{form.lower()}")


@given(st.integers(1, 200), st.integers(1, 200))
def test_a_picture_has_the_pixels_that_it_says(width, height):
    data = png(Size(width, height))
    assert picture_size(data) == Size(width, height)
    assert png(Size(width, height)) == data
    (length,) = struct.unpack_from(">I", data, 33)
    rows = zlib.decompress(data[41 : 41 + length])
    assert len(rows) == height * (1 + 3 * width)
    assert set(rows[:: 1 + 3 * width]) <= {0, 2}


def test_large_pictures_are_small_files():
    assert len(png(Size(6000, 4000))) < 100_000


def test_a_clip_is_as_long_as_it_says():
    data = avi(Clip(Size(64, 48), 8.0, 1.5))
    assert (data[:4], data[8:12], data.count(b"00dc")) == (b"RIFF", b"AVI ", 2 * 12)
    assert struct.unpack_from("<I", data, 4) == (len(data) - 8,)


OLD_BITMAP = b"BM" + bytes(12) + struct.pack("<IHH", 12, 7, 5)
DOWNWARDS = b"BM" + bytes(12) + struct.pack("<Iii", 40, 7, -5)


@pytest.mark.parametrize("data", [OLD_BITMAP, DOWNWARDS])
def test_bitmaps_of_all_kinds_tell_their_size(data):
    assert picture_size(data) == Size(7, 5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BM",
        b"GIF89a",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xda",
        b"\xff\xd8\xff\xe0\x00\x02",
        b"\xff\xd8\xff\xe0\x00\x00\x00",
        b"\xff\xd8" + b"\xff" * 50,
        b"RIFF1234WEBPVP8X",
        b"RIFF1234WEBPALPH" + bytes(40),
        png(Size(9, 9))[:20],
        png(Size(9, 9)).replace(struct.pack(">II", 9, 9), bytes(8)),
        b"<svg width='3'>",
        b"\x00\x00\x00\x18ftypheic",
    ],
)
def test_what_tells_no_size_has_none(data):
    assert picture_size(data) is None


@given(st.sampled_from([b"\xff\xd8\xff", b"BM", b"GIF89a", b"RIFF1234WEBPVP8 ", b"RIFF1234WEBPVP8L"]), st.binary())
def test_no_bytes_are_too_strange(begin, rest):
    size = picture_size(begin + rest)
    assert size is None or (size.width > 0 and size.height > 0)

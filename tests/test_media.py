"""Sizes and clips as people write them."""

import pytest

from swiftcfg.errors import InputError
from swiftcfg.media import LONGEST_SIDE, Clip, FrameList, Size, parse_clip, parse_size, parse_video


@pytest.mark.parametrize(
    ("text", "width", "height", "dpi"),
    [
        ("1920x1080", 1920, 1080, None),
        (" 1920 X 1080 ", 1920, 1080, None),
        ("1920\u00d71080", 1920, 1080, None),
        ("1080p", 1920, 1080, None),
        ("4K", 3840, 2160, None),
        ("A4@96dpi", 794, 1123, 96),
        ("A4@150dpi", 1240, 1754, 150),
        ("a4@200 dpi", 1654, 2339, 200),
        ("A4@300dpi", 2480, 3508, 300),
        ("A4@300dpi-landscape", 3508, 2480, 300),
        ("A4-landscape@300dpi", 3508, 2480, 300),
        ("Letter@150dpi", 1275, 1650, 150),
        (f"1x{LONGEST_SIDE}", 1, LONGEST_SIDE, None),
    ],
)
def test_sizes(text, width, height, dpi):
    assert parse_size(text) == Size(width, height, dpi)


@pytest.mark.parametrize(
    "text", ["", "big", "1920", "0x1080", "1920x0", "-1x5", "A4", "B9@200dpi", "A4@0dpi", "1x65536"]
)
def test_what_is_no_size(text):
    with pytest.raises(InputError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "size", "fps", "frames"),
    [
        ("1920x1080@30fps,60s", (1920, 1080), 30.0, 1800),
        ("1080p@29.97fps,900frames", (1920, 1080), 29.97, 900),
        ("720p @ 25 fps, 0.5 s", (1280, 720), 25.0, 12),
        ("640x360@1fps,1frames", (640, 360), 1.0, 1),
    ],
)
def test_clips(text, size, fps, frames):
    clip = parse_clip(text)
    assert (clip.size, clip.fps, clip.total_frames) == (Size(*size), fps, frames)


def test_every_number_of_frames_survives():
    for fps in (23.976, 24, 29.97, 30, 59.94, 0.3):
        for frames in (1, 2, 3, 7, 900, 12345, 10**7):
            assert parse_clip(f"720p@{fps}fps,{frames}frames").total_frames == frames


@pytest.mark.parametrize(
    "text",
    ["", "1080p", "1080p@30fps", "1080p,60s", "1080p@0fps,60s", "1080p@30fps,0s", "x@30fps,60s", "1080p,0images"],
)
def test_what_is_no_video(text):
    with pytest.raises(InputError) as caught:
        parse_video(text)
    assert caught.value.hint


def test_videos_are_clips_or_lists_of_frames():
    assert parse_video("720p,8images") == FrameList(Size(1280, 720), 8)
    assert parse_video("1280x720@30fps,10s") == Clip(Size(1280, 720), 30.0, 10.0)


@pytest.mark.parametrize("text", ["1920x1080@30fps,60s", "1280x720@29.97fps,10.5s", "1280x720,8images"])
def test_videos_are_written_as_they_are_read(text):
    assert str(parse_video(text)) == text

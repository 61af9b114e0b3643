"""Laws of sizes and tokens, for any picture and any limit."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from towers import TOWERS, runtime

from swiftcfg.errors import InputError
from swiftcfg.media import Clip, Size
from swiftcfg.tokens import Limits, effective_limits, never_shrink_pixels

KINDS = st.sampled_from(("qwen2_5_vl", "qwen3_vl"))
#: Releases of ms-swift and qwen-vl-utils that serve Qwen2.5-VL; Qwen3-VL is served by the first.
PAIRS = st.sampled_from((("4.6.0", "0.0.14"), ("4.6.0", "0.0.11"), ("3.7.0", "0.0.8")))
SIDES = st.integers(1, 8192)
CAPS = st.integers(200 * 32 * 32, 2**25)  # enough for any shape that is served
#: Videos of shapes that a lower limit of 128 tokens does not lift above the smallest cap.
CLIPS = st.builds(
    lambda width, ratio, fps, frames: Clip(Size(width, max(28, round(width * ratio))), fps, frames / fps),
    st.integers(28, 4096), st.floats(1 / 8, 8), st.floats(1, 120), st.integers(4, 40000),
)  # fmt: skip
LEAST = {"qwen2_5_vl": 4 * 784, "qwen3_vl": 4 * 1024}


def limits_of(kind: str, pair: tuple[str, str] = ("4.6.0", "0.0.14"), **variables: float) -> Limits:
    given_ = {name: str(value) for name, value in variables.items()}
    return effective_limits(TOWERS[kind], runtime(*pair), given_, backend="transformers")


def shape(width: int, height: int) -> Size:
    assume(max(width, height) / min(width, height) <= 200)
    return Size(width, height)


@given(KINDS, SIDES, SIDES, CAPS, CAPS)
def test_a_higher_cap_never_costs_fewer_tokens(kind, width, height, one, other):
    size, (low, high) = shape(width, height), sorted((one, other))
    assert limits_of(kind, MAX_PIXELS=low).image(size).tokens <= limits_of(kind, MAX_PIXELS=high).image(size).tokens


@given(PAIRS, SIDES, SIDES, CAPS)
def test_an_image_is_whole_tokens_and_keeps_the_cap(pair, width, height, cap):
    size = shape(width, height)
    sized = limits_of("qwen2_5_vl", pair, MAX_PIXELS=cap).image(size)
    assert sized.resized.width % 28 == sized.resized.height % 28 == 0
    assert sized.tokens * 28 * 28 == sized.resized.pixels <= cap
    assert sized.prompt_tokens == sized.tokens + 2


@given(PAIRS, SIDES, SIDES, CAPS)
def test_all_generations_size_an_image_alike_up_to_whole_tokens(pair, width, height, cap):
    size, whole = shape(width, height), cap // 784 * 784
    newest = limits_of("qwen2_5_vl", MAX_PIXELS=whole).image(size)
    assert limits_of("qwen2_5_vl", pair, MAX_PIXELS=whole).image(size) == newest


@given(KINDS, SIDES, SIDES)
def test_the_threshold_is_the_least_cap_that_does_not_shrink(kind, width, height):
    size, factor = shape(width, height), TOWERS[kind].factor
    threshold = never_shrink_pixels(size, factor)
    assume(threshold > LEAST[kind])
    unshrunk = limits_of(kind, MAX_PIXELS=threshold).image(size).resized
    assert unshrunk.pixels == threshold
    try:
        assert limits_of(kind, MAX_PIXELS=threshold - 1).image(size).resized.pixels < threshold
    except InputError as error:
        assert "leaves nothing of one side" in error.sentence  # noqa: PT017


@given(KINDS, SIDES, SIDES, CAPS)
def test_boxes_find_their_way_back(kind, width, height, cap):
    sized = limits_of(kind, MAX_PIXELS=cap).image(shape(width, height))
    assert [a * b for a, b in zip(sized.scale, sized.box_scale, strict=True)] == pytest.approx([1.0, 1.0])
    assert sized.resized.width * sized.box_scale[0] == pytest.approx(width)


@given(KINDS, PAIRS, CLIPS, CAPS)
def test_a_video_keeps_its_limits(kind, pair, clip, cap):
    pair = pair if kind == "qwen2_5_vl" else ("4.6.0", "0.0.14")
    found = limits_of(kind, pair, VIDEO_MAX_PIXELS=cap)
    sized = found.video(clip)
    assert sized.frames % 2 == 0
    assert 2 <= sized.frames <= min(768, clip.total_frames)
    assert sized.resized.pixels <= found.video_max_pixels
    assert sized.tokens == sized.frames // 2 * sized.resized.pixels // TOWERS[kind].factor ** 2
    assert sized.tokens < sized.prompt_tokens.low <= sized.prompt_tokens.best <= sized.prompt_tokens.high


@given(CLIPS, CAPS, CAPS)
def test_a_higher_cap_on_frames_never_costs_fewer_tokens(clip, one, other):
    low, high = sorted((one, other))
    tokens = [limits_of("qwen3_vl", VIDEO_MAX_PIXELS=cap).video(clip).prompt_tokens.high for cap in (low, high)]
    assert tokens == sorted(tokens)


@given(
    st.dictionaries(st.sampled_from(("MAX_PIXELS", "FPS", "VIDEO_MAX_PIXELS", "MAX_RATIO", "FRAME_FACTOR")), st.text())
)
def test_any_text_is_read_or_refused(variables):
    try:
        limits_of("qwen2_5_vl", **variables).image(Size(640, 480))
    except InputError as error:
        assert error.hint  # noqa: PT017

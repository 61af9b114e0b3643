"""What to send, what it must cost, and what another count means."""

from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from towers import TOWERS, runtime

from swiftcfg.errors import InputError
from swiftcfg.expectation import Expected, Explanation, Sample, choose_samples, expect, explain
from swiftcfg.expectation.expected import UncertainError
from swiftcfg.media import Clip, Size, parse_clip
from swiftcfg.tokens import Limits, effective_limits, never_shrink_pixels
from swiftcfg.units import Pixels, Range, Tokens

KINDS = st.sampled_from(["qwen2_5_vl", "qwen3_vl"])
SIDES = st.integers(1, 3000)
#: The last release that counts in pixels, and the first that counts in tokens.
UTILS = st.sampled_from(["0.0.11", "0.0.14"])


def limits(kind: str = "qwen2_5_vl", utils: str = "0.0.14", **variables: int) -> Limits:
    serving = runtime(utils=utils, vllm="0.32.0", transformers="5.19.0")
    return effective_limits(
        TOWERS[kind], serving, {name: str(value) for name, value in variables.items()}, model_type=kind
    )


@given(st.one_of(st.tuples(KINDS, st.just("0.0.14")), st.tuples(st.just("qwen2_5_vl"), UTILS)), SIDES, SIDES, st.data())
def test_the_limits_of_a_server_are_among_those_that_explain_its_count(tower, width, height, data):
    highest, least = data.draw(st.integers(1, 13_000_000)), data.draw(st.integers(1, 500_000))
    there = limits(*tower, MAX_PIXELS=highest, MIN_PIXELS=least)
    assume(there.constants.image_min <= there.constants.image_max)
    size = Size(width, height)
    try:
        seen = there.image(size)
    except InputError:
        return
    found = explain(limits(*tower), size, seen.tokens)
    assert found is not None
    assert found.resized == seen.resized
    value = {"MAX_PIXELS": highest, "MIN_PIXELS": least}[found.variable]
    kept = seen.tokens * there.constants.factor**2 == never_shrink_pixels(size, there.constants.factor)
    assert kept or (found.low or 0) <= value <= (found.high or value)


@given(st.tuples(KINDS, st.just("0.0.14")), SIDES, SIDES, st.integers(-3, 20_000))
def test_every_value_that_explains_a_count_gives_it(tower, width, height, tokens):
    size = Size(width, height)
    assume(max(width, height) <= 200 * min(width, height))
    found = explain(limits(*tower), size, tokens)
    if found is None:
        return
    for value in {found.low, found.high} - {None}:
        other = {"MIN_PIXELS": 0} if found.variable == "MAX_PIXELS" else {"MAX_PIXELS": 2 * (value or 0) + 10**7}
        assert limits(*tower, **{found.variable: value}, **other).image(size).tokens == tokens
    for value in ((found.low or 0) - 1, (found.high or 10**8) + 1):
        if value > 0 and not (found.high is None and value > 10**8):
            other = {"MIN_PIXELS": 0} if found.variable == "MAX_PIXELS" else {"MAX_PIXELS": 2 * value + 10**7}
            with suppress(InputError):
                assert limits(*tower, **{found.variable: value}, **other).image(size).tokens != tokens


def test_values_are_written_for_people():
    size = Size(28, 28)
    texts = [
        Explanation(size, "MAX_PIXELS", Pixels(200704), None).values(),
        Explanation(size, "MAX_PIXELS", Pixels(200704), Pixels(201487)).values(),
        Explanation(size, "MIN_PIXELS", None, Pixels(783)).values(),
        Explanation(size, "MIN_PIXELS", Pixels(784), Pixels(784)).values(),
    ]
    assert texts == [
        "MAX_PIXELS=200,704 or more", "MAX_PIXELS=200,704 to 201,487", "MIN_PIXELS=783 or less", "MIN_PIXELS=784",
    ]  # fmt: skip


def test_a_count_of_another_model_is_not_explained():
    assert explain(limits(), Size(1920, 1080), 256) is None
    assert explain(limits(), Size(1920, 1080), 0) is None


def test_a_clip_of_qwen3_vl_names_the_texts_between_its_frames():
    expected = expect(limits("qwen3_vl", FPS=1), parse_clip("640x360@8fps,4s"))
    texts = ("<0.6 seconds>", "<3.2 seconds>")
    assert expected == Expected(Size(640, 352), Tokens(440), Range.exactly(6), 4, texts)
    assert expected.added(dict.fromkeys(texts, 13)) == Range.exactly(440 + 6 + 26)


def test_a_clip_whose_frames_are_not_certain_is_not_sent():
    with pytest.raises(UncertainError):
        expect(limits("qwen3_vl", FRAME_FACTOR=1, FPS=1), Clip(Size(640, 360), 8, 5))


def chosen(there: Limits, context: int | None = None) -> list[tuple[str, str, int]]:
    these = choose_samples(there, context, videos=True)
    assert these.unfit == ()
    return [(each.what, str(each.media), each.expected.tokens) for each in these.samples]


def test_samples_lie_on_both_sides_of_each_limit():
    variables = {"MAX_PIXELS": 1003520, "MIN_PIXELS": 401408, "VIDEO_MAX_PIXELS": 50176, "FPS": 1, "FPS_MAX_FRAMES": 8}
    assert chosen(limits(**variables)) == [
        ("picture above the cap", "1629x741", 1272),
        ("picture between the limits", "1285x494", 828),
        ("picture below the lower limit", "776x259", 560),
        ("clip", "414x310@8fps,10s", 520),
    ]


def test_where_the_cap_is_longer_than_the_context_a_picture_takes_most_of_it():
    assert chosen(limits("qwen3_vl"), 4096)[0] == ("picture for most of the context", "1943x1620", 3111)


def test_a_context_that_holds_little_is_tried_with_little():
    assert chosen(limits(VIDEO_MIN_PIXELS=784), 512) == [
        ("picture for most of the context", "491x328", 216),
        ("picture between the limits", "212x106", 32),
        ("picture below the lower limit", "61x26", 8),
        ("clip", "33x24@8fps,3s", 3),
    ]


VARIABLES = st.fixed_dictionaries(
    {
        "MAX_PIXELS": st.integers(10_000, 20_000_000),
        "MIN_PIXELS": st.integers(1, 2_000_000),
        "VIDEO_MAX_PIXELS": st.integers(1, 2_000_000),
        "FPS": st.sampled_from([0, 0.5, 1, 2, 29.97, 1e9]),
        "FPS_MAX_FRAMES": st.integers(2, 2000),
    }
)


@given(KINDS, VARIABLES, st.one_of(st.none(), st.integers(300, 200_000)))
def test_samples_are_served_and_short_enough(kind, variables, context):
    there = limits(kind, **variables)
    these = choose_samples(there, context, videos=True)
    for each in these.samples:
        assert each.expected == expect(there, each.media)
        assert context is None or each.expected.tokens < context
    named = {each.what: each for each in these.samples}
    assert all(is_smaller(named[what]) for what in {"picture above the cap"} & set(named))
    assert not any(is_smaller(named[what]) for what in {"picture below the lower limit"} & set(named))
    refused = there.constants.image_max < there.constants.image_min
    assert refused == any(each.refused for each in these.unfit if each.what != "clip")


def is_smaller(sample: Sample) -> bool:
    assert isinstance(sample.media, Size)
    return sample.expected.resized.pixels < sample.media.pixels


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"MAX_PIXELS": 500}, "the upper limit of 0 pixels is below the lower one of 3136"),
        ({"FPS_MAX_FRAMES": 1}, "0 frames would be taken of 8, and at least 2 must be"),
        ({"FPS": float("nan")}, "FPS=nan fails every video"),
    ],
)
def test_what_the_settings_refuse_is_a_fault_of_theirs(variables, reason):
    unfit = choose_samples(limits(**variables), None, videos=True).unfit
    assert unfit
    assert all(each.refused and each.reason.endswith(reason) for each in unfit)


def test_nothing_is_chosen_of_what_is_not_served():
    assert choose_samples(limits(), None, images=False).samples == ()

from contextlib import suppress
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swiftcfg.errors import InputError
from swiftcfg.media import Clip, Size
from swiftcfg.profile_model import Profile, parse_workload
from swiftcfg.workload import Workload

ONE_IMAGE = {"per_request": 1, "sizes": ["1920x1080"]}


def workload(**fields: object) -> Workload:
    return parse_workload({"name": "w", **fields}, "f")


def faults(**fields: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        workload(**fields)
    first, *lines = caught.value.sentence.split("\n")
    assert first == "f does not describe a workload:"
    return [line.removeprefix("  ") for line in lines]


def test_sizes_without_shares_are_equally_frequent():
    sizes = workload(images={"per_request": 2, "sizes": ["1920x1080", "A4@150dpi"]}).image_sizes()
    assert sizes == ((Size(1920, 1080), 0.5), (Size(1240, 1754, 150), 0.5))


def test_sizes_without_a_share_divide_what_is_left():
    rows = [{"size": "10x10", "share": 0.6}, "20x20", "30x30"]
    shares = [share for _, share in workload(images={"per_request": 1, "sizes": rows}).image_sizes()]
    assert shares == pytest.approx([0.6, 0.2, 0.2])


def test_between_two_percentiles_every_image_counts_as_the_larger():
    images = {"per_request": 1, "percentiles": {"max": "3840x2160", "p50": "1280x720", "p95": "1920x1080"}}
    found = workload(images=images).image_sizes()
    assert [str(size) for size, _ in found] == ["1280x720", "1920x1080", "3840x2160"]
    assert [share for _, share in found] == pytest.approx([0.5, 0.45, 0.05])


@given(st.lists(st.floats(0, 1) | st.none(), min_size=1, max_size=8))
def test_shares_add_up_to_one_or_are_refused(shares: list[float | None]):
    rows = [{"size": f"{side}x{side}", "share": share} for side, share in enumerate(shares, 1)]
    given_sum = sum(share for share in shares if share is not None)
    if given_sum > 1.015 or (None not in shares and given_sum < 0.985):
        assert faults(images={"per_request": 1, "sizes": rows})[0].startswith("images: the shares add up to ")
    else:
        found = workload(images={"per_request": 1, "sizes": rows}).image_sizes()
        assert sum(share for _, share in found) == pytest.approx(1)
        assert all(share >= 0 for _, share in found)


def test_clips_are_written_as_text_or_as_fields():
    fields = {"size": "1280x720", "fps": 30, "seconds": 10, "share": 0.75}
    found = workload(videos={"per_request": 1, "clips": [fields, "1080p@25fps,60s"]})
    small, large = Clip(Size(1280, 720), 30.0, 10.0), Clip(Size(1920, 1080), 25.0, 60.0)
    assert found.clips() == ((small, 0.75), (large, 0.25))
    assert found.largest_clip() == large


def test_what_is_not_served_has_no_sizes():
    found = workload(images={**ONE_IMAGE, "per_request": 0}, videos={"per_request": 0})
    assert (found.image_sizes(), found.clips(), found.largest_image(), found.largest_clip()) == ((), (), None, None)
    assert (found.images_per_request, found.videos_per_request) == (0, 0)


@pytest.mark.parametrize(
    ("shrink", "scale"),
    [
        ("none", 1.0),
        ("any", 0.0),
        ({"smallest_scale": 0.7}, 0.7),
        ({"smallest_detail": {"size_px": 60, "readable_px": 15}}, 0.25),
        ({"smallest_detail": {"size_px": 10, "readable_px": 15}}, 1.0),
    ],
)
def test_the_smallest_scale_of_an_image(shrink: object, scale: float):
    assert workload(images=ONE_IMAGE, shrink=shrink).least_scale == scale


def test_what_nobody_stated_is_listed():
    assert workload(answer_tokens=5).assumed() == ("prompt_tokens", "concurrent_requests", "shrink")


def test_a_workload_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        workload().name = "x"


def test_every_fault_is_told_with_its_place_its_value_and_what_is_allowed():
    tasks = "'general', 'grounding', 'gui', 'document-ocr', 'chart', 'photo', 'video', 'mixed' or 'text'"
    assert faults(
        title="a\nb",
        task="ocr",
        images={"per_request": -1, "sizes": ["x", {"sise": 3, "share": "a"}, {"size": "1x1", "share": 1.5}], "many": 1},
        videos={"per_request": 1},
        prompt_tokens=True,
        answer_tokens=1.5,
        shrink="little",
    ) == [
        "title: 'a\\nb': must be one line without control characters",
        "task: 'ocr': must be " + tasks,
        "images.per_request: -1: must be 0 or more",
        "images.sizes[0]: 'x': write width x height, such as 1920x1080, or a page: A4@200dpi",
        "images.sizes[1].size: is missing",
        "images.sizes[1].share: 'a': write a number",
        "images.sizes[1].sise: no such field; did you mean size?",
        "images.sizes[2].share: 1.5: must be 1 or less",
        "images.many: no such field; there are per_request, sizes, percentiles",
        "videos: give clips",
        "prompt_tokens: True: write a whole number",
        "answer_tokens: 1.5: write a whole number",
        "shrink: 'little': must be 'none' or 'any'",
    ]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"images": {"per_request": 1}}, "images: give sizes or percentiles, one of them"),
        (
            {"images": {"per_request": 1, "percentiles": {"p50": "1x1"}}},
            "images: percentiles must have max, the largest size",
        ),
        (
            {"images": {"per_request": 1, "percentiles": {"p50": "9x9", "max": "1x1"}}},
            "images: a higher percentile must not be a smaller size",
        ),
        (
            {"images": {"per_request": 1, "percentiles": {"half": "9x9", "max": "1x1"}}},
            "images: 'half' is not a percentile: write p50, p95, p99 or max",
        ),
        ({"shrink": {}}, "shrink: give smallest_scale or smallest_detail, one of them"),
        ({"shrink": {"smallest_scale": 0}}, "shrink.smallest_scale: 0: must be above 0"),
        ({"shrink": None}, "shrink: None: write fields and values"),
        ({"prompt_tokens": 0}, "a request carries nothing: give images, videos or prompt_tokens"),
        ({"videos": {"per_request": 1, "clips": [{"size": "1x1", "fps": float("nan"), "seconds": 1}]}}, None),
        ({"name": "\udcff"}, "name: '\\udcff': must be UTF-8 text"),
    ],
)
def test_one_fault_is_one_line(fields: dict[str, object], line: str | None):
    found = faults(**fields)
    assert found == [line] if line else found == ["videos.clips[0].fps: nan: write a number"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*Profile.model_fields]), anything) | anything)
def test_any_data_is_a_workload_or_an_input_error(data: object):
    with suppress(InputError):
        assert isinstance(parse_workload(data, "f"), Workload)

import json
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from swiftcfg.errors import InputError
from swiftcfg.profile_files import (
    find_profile,
    override,
    profile_names,
    profile_path,
    profile_yaml,
    read_profile,
    stated,
)
from swiftcfg.profile_model import FIELDS
from swiftcfg.workload import Workload

CHAT = find_profile("chat-images-videos")


def changed(**assignments: str) -> dict[str, object]:
    """The fields in which the chat profile differs after setting some (``__`` stands for a dot)."""
    before = stated(CHAT)
    after = stated(override(CHAT, {field.replace("__", "."): text for field, text in assignments.items()}))
    return {name: after.get(name) for name in {**before, **after} if before.get(name) != after.get(name)}


def test_at_least_ten_profiles_are_shipped():
    assert len(profile_names()) >= 10


@pytest.mark.parametrize("name", profile_names())
def test_a_shipped_profile_says_everything_and_where_it_is_from(name: str):
    profile = find_profile(name)
    assert profile.name == name
    assert profile.assumed() == ()
    assert profile.title
    assert profile.written["title_zh"]
    assert profile.written["description"]
    assert profile.written["sources"]
    lines = profile_path(name).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=../docs/schemas/profile.schema.json"
    assert lines[1].startswith("# ")


@pytest.mark.parametrize("name", profile_names())
def test_a_shipped_profile_is_what_the_check_of_profiles_makes_of_it(name: str):
    assert read_profile(str(profile_path(name))) == find_profile(name)
    assert read_profile(str(profile_path(name))).written == find_profile(name).written


def test_the_story_keeps_every_screenshot_whole():
    assert (CHAT.images_per_request, CHAT.videos_per_request, CHAT.least_scale) == (5, 2, 1.0)
    assert str(CHAT.largest_image()) == "1920x1080"


def test_a_file_is_found_by_its_path_and_named_after_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("images: {per_request: 1, sizes: [10x10]}\n")
    Path("theirs").write_text("name: x\n")
    Path("charts").write_text("name: shadow\n")
    assert find_profile("mine.yaml").name == find_profile("./mine.yaml").name == "mine"
    assert find_profile("theirs").name == "x"
    assert find_profile("charts").name == "charts"
    assert find_profile("./charts").name == "shadow"


def test_an_unknown_name_gets_the_nearest_one_as_a_hint():
    with pytest.raises(InputError) as caught:
        find_profile("gui-grounding-1080")
    assert caught.value.sentence == "there is no profile 'gui-grounding-1080'"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean gui-grounding-1080p? there are: charts, ")


def test_faults_in_a_file_name_the_file(tmp_path):
    (tmp_path / "p.yaml").write_text("name: x\nimages: 3\n")
    with pytest.raises(InputError) as caught:
        find_profile(str(tmp_path / "p.yaml"))
    assert (
        caught.value.sentence
        == f"{tmp_path}/p.yaml does not describe a workload:\n  images: 3: write fields and values"
    )


def test_fields_are_set_by_text():
    assert changed(concurrent_requests="16") == {"concurrent_requests": 16}
    assert changed(shrink="any") == {"shrink": "any"}
    assert changed(shrink="0.7") == changed(shrink__smallest_scale="0.7") == {"shrink": {"smallest_scale": 0.7}}
    assert changed(title="[draft") == {"title": "[draft"}
    assert changed(images__per_request="3", images__sizes="1920x1080, 4K") == {
        "images": {"per_request": 3, "sizes": ["1920x1080", "4K"]}
    }
    assert changed(videos__clips="1920x1080@30fps,60s,1280x720@24fps,240frames") == {
        "videos": {"per_request": 2, "clips": ["1920x1080@30fps,60s", "1280x720@24fps,240frames"], "max_frames": 12}
    }
    assert changed(images__sizes="[{size: 10x10, share: 1}]") == {
        "images": {"per_request": 5, "sizes": [{"size": "10x10", "share": 1.0}]}
    }


def test_an_empty_text_takes_a_field_away():
    assert changed(videos="") == {"videos": None}
    assert changed(videos__max_frames=" ")["videos"] == {"per_request": 2, "clips": stated(CHAT)["videos"]["clips"]}


def test_one_of_two_ways_to_say_it_replaces_the_other():
    assert changed(images__percentiles__max="4K") == {"images": {"per_request": 5, "percentiles": {"max": "4K"}}}
    receipts = override(find_profile("receipts"), {"shrink.smallest_scale": "0.5"})
    assert receipts.least_scale == 0.5


@pytest.mark.parametrize(
    ("field", "sentence", "hint"),
    [
        ("images.size", "a workload has no field 'images.size'", "did you mean images.sizes?"),
        ("images.sizes.0", "'images.sizes.0' is in a list and cannot be set alone", "set the whole list images.sizes"),
        ("prompt_tokens.x", "a workload has no field 'prompt_tokens.x'", "prompt_tokens is one value"),
        ("", "a workload has no field ''", "there are: " + ", ".join(FIELDS[()])),
    ],
)
def test_fields_that_do_not_exist_are_told(field: str, sentence: str, hint: str):
    with pytest.raises(InputError) as caught:
        override(CHAT, {field: "1"})
    assert (caught.value.sentence, caught.value.hint) == (sentence, hint)


paths = st.sampled_from([".".join((*above, name)) for above, names in FIELDS.items() for name in names]) | st.text()


@given(
    st.dictionaries(paths, st.text(max_size=12) | st.sampled_from(["[", "{", "[[", "1x1", "0.5", "p=1"]), max_size=4)
)
def test_any_assignment_is_a_workload_or_a_told_fault(assignments: dict[str, str]):
    with suppress(InputError):
        assert isinstance(override(CHAT, assignments), Workload)


def test_fields_alone_make_a_workload():
    alone = override(None, {"images.sizes": "10x10", "images.per_request": "2"})
    assert (alone.name, alone.images_per_request) == ("the given requests", 2)


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_printed_as_yaml_or_json_is_the_same_profile(name: str, tmp_path):
    profile = find_profile(name)
    (tmp_path / "p.yaml").write_text(profile_yaml(name), encoding="utf-8")
    (tmp_path / "p.json").write_text(json.dumps(stated(profile)), encoding="utf-8")
    assert find_profile(str(tmp_path / "p.yaml")) == find_profile(str(tmp_path / "p.json")) == profile
    assert yaml.safe_load(profile_yaml(str(tmp_path / "p.json"))) == stated(profile)
    assert "yaml-language-server" not in profile_yaml(name)

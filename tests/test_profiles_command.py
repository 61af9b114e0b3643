import json

import click
import pytest
from click.testing import CliRunner

from swiftcfg.cli.profiles import profiles
from swiftcfg.cli.workload_options import WorkloadOptions, workload_from, workload_options
from swiftcfg.errors import InputError
from swiftcfg.profile_files import find_profile, profile_names, stated


def shown(*words: str, text: str | None = None) -> str:
    result = CliRunner().invoke(profiles, words, input=text, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_the_list_says_what_a_request_carries():
    lines = shown().splitlines()
    assert len(lines) == 2 * len(profile_names())
    place = lines.index("chat-images-videos      Five 1080p screenshots and two clips in one chat")
    assert (
        lines[place + 1].strip() == "5 images up to 1920x1080, 2 videos up to 1920x1080@30fps,60s; 4 requests at once"
    )


def test_one_profile_is_shown_whole():
    text = """\
name: mine
title: Two kinds
notes: As seen in May.
images: {per_request: 2, sizes: [{size: A4@100dpi, share: 0.25}, 640x480]}
videos: {per_request: 1, clips: ["640x480@30fps,10s"], sample_fps: 1, max_frames: 8}
shrink: {smallest_scale: 0.5}
sources: [a paper]
"""
    assert (
        shown("-", text=text)
        == """\
mine: Two kinds

task       general
images     2 a request: 827x1169 (25%), 640x480 (75%)
videos     1 a request: 640x480@30fps,10s; 1 frames a second looked at; at most 8 frames
text       512 tokens of prompt, 1024 of answer
at once    1 request
shrinking  images may be shrunk to 0.5 of a side
latency    any

As seen in May.

sources:
  a paper
"""
    )


def test_json_and_yaml_can_be_read_back():
    listed = json.loads(shown("--format", "json"))["profiles"]
    assert [each["name"] for each in listed] == list(profile_names())
    receipts = json.loads(shown("receipts", "--format", "json"))
    assert receipts in listed
    assert json.loads(shown("-", "--format", "json", text=shown("receipts", "--format", "yaml"))) == receipts
    assert json.loads(shown("-", "--format", "json", text=json.dumps(receipts))) == receipts


def test_yaml_shows_one_profile():
    with pytest.raises(InputError, match="shows one profile"):
        shown("--format", "yaml")


def given(*words: str) -> WorkloadOptions:
    """The options as a command gets them."""

    @click.command()
    @workload_options
    def command(workload: WorkloadOptions) -> None:
        click.get_current_context().meta["given"] = workload

    with command.make_context("command", list(words)) as context:
        command.invoke(context)
        found: WorkloadOptions = context.meta["given"]
    return found


def told(*words: str) -> str:
    with pytest.raises(InputError) as caught:
        workload_from(given(*words))
    return caught.value.sentence


def test_options_change_a_profile():
    words = ["--profile", "chat-images-videos", "--images", "3", "--image", "4K", "--image", "1280x720"]
    words += ["--videos", "0", "--concurrency", "2", "--prompt-tokens", "10", "--answer-tokens", "20"]
    words += ["--shrink", "0.5", "--task", "gui", "--set", "videos.max_frames=8"]
    before, after = stated(find_profile("chat-images-videos")), stated(workload_from(given(*words)))
    assert after == before | {
        "images": {"per_request": 3, "sizes": ["4K", "1280x720"]},
        "videos": before["videos"] | {"per_request": 0, "max_frames": 8},
        "concurrent_requests": 2,
        "prompt_tokens": 10,
        "answer_tokens": 20,
        "shrink": {"smallest_scale": 0.5},
        "task": "gui",
    }


def test_options_alone_make_a_workload_that_carries_what_was_given():
    found = workload_from(given("--image", "10x10", "--image", "20x20", "--video", "30x30@30fps,5s"))
    assert stated(found) == {
        "name": "the given requests",
        "images": {"per_request": 2, "sizes": ["10x10", "20x20"]},
        "videos": {"per_request": 1, "clips": ["30x30@30fps,5s"]},
    }


def test_a_size_for_a_profile_that_has_images_does_not_change_how_many():
    assert workload_from(given("--profile", "gui-grounding-1080p", "--image", "4K")).images_per_request == 5
    assert workload_from(given("--profile", "short-clips", "--image", "4K")).images_per_request == 1


def test_options_that_make_no_workload_are_told():
    assert told() == "nothing says what the requests look like"
    assert told("--images", "2", "--set", "images.per_request=3") == "--set and --images both set images.per_request"
    assert told("--set", "shrink") == "--set 'shrink' has no value"
    assert told("--images", "2") == (
        "the command line does not describe a workload:\n  images: give sizes or percentiles, one of them"
    )
    assert told("--image", "big") == (
        "the command line does not describe a workload:\n"
        "  images.sizes[0]: 'big': write width x height, such as 1920x1080, or a page: A4@200dpi"
    )
    assert told("--profile", "charts", "--shrink", "much").endswith("shrink: 'much': must be 'none' or 'any'")

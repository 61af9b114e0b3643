"""swiftcfg tokens: what it prints, and the JSON that programs read."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from swiftcfg.cli.tokens import tokens
from swiftcfg.errors import InputError

VERSIONS = ("--ms-swift", "4.6.0", "--qwen-vl-utils", "0.0.14", "--vllm", "0.23.0")
SCHEMA = Path(__file__).parent.parent / "docs" / "schemas" / "tokens.schema.json"


def shown(*words: str, model: str = "Qwen2.5-VL-7B-Instruct", versions: tuple[str, ...] = VERSIONS) -> str:
    result = CliRunner().invoke(tokens, ["--model", model, *versions, *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def data(*words: str, **kwargs: Any) -> Any:
    found = json.loads(shown("--format", "json", *words, **kwargs))
    jsonschema.validate(found, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return found


def test_the_text_shows_limits_sizes_boxes_and_notes():
    text = shown(
        "--image", "1920x1080", "--image", "A4@200dpi", "--video", "1920x1080@30fps,60s", "--max-pixels", "1003520",
        "--set", "VIDEO_MAX_PIXELS=50176", "--set", "FPS_MAX_FRAMES=12",
    )  # fmt: skip
    assert (
        text.partition("\n\n")[2]
        == """\
image   3,136 to 1,003,520 pixels, at most 1,280 tokens of 28x28 pixels
video   100,352 to 105,369 pixels a frame, 2 frames a second, 4 to 12 frames; two frames share their tokens

                            original     the model sees    scale x, y  tokens  in the prompt      boxes x, y
image 1920x1080            1920x1080           1316x728  0.685, 0.674   1,222          1,224  1.4590, 1.4835
image A4@200dpi            1654x2339           840x1176  0.508, 0.503   1,260          1,262  1.9690, 1.9889
video 1920x1080@30fps,60s  1920x1080  12 frames 420x224  0.219, 0.207     720            722  4.5714, 4.8214

1920x1080 keeps its size with MAX_PIXELS=2109744 or more.
A4@200dpi keeps its size with MAX_PIXELS=3885504 or more.

This model answers with boxes in pixels of the picture it saw. A client multiplies x and y by the
factors of the last column, each by its own, to find the place in the original.

note: VIDEO_MAX_PIXELS=50176 becomes 105,369: a frame never gets less than 1.05 times the lower
      limit; lower VIDEO_MIN_PIXELS too
"""
    )


def test_the_json_holds_limits_and_items():
    found = data("--image", "1920x1080", "--max-pixels", "1003520", "--set", "VIDEO_MAX_PIXELS=50176")
    assert found["runtime"]["ms-swift"] == {"version": "4.6.0", "origin": "given"}
    assert found["model"]["name"] == "Qwen2.5-VL-7B-Instruct"
    names = ("image_min_pixels", "image_max_pixels", "image_max_tokens", "video_min_pixels", "video_max_pixels")
    assert [found["effective"][name] for name in names] == [3136, 1003520, 1280, 100352, 105369]
    assert found["items"] == [
        {
            "kind": "image", "name": "1920x1080", "original": [1920, 1080], "resized": [1316, 728],
            "scale": [1316 / 1920, 728 / 1080], "shrunk": True, "tokens": 1222, "prompt_tokens": 1224,
            "prompt_tokens_range": None, "box_scale": [1920 / 1316, 1080 / 728], "frames": None,
            "never_shrink_pixels": 2109744,
        }
    ]  # fmt: skip
    assert [note["name"] for note in found["notes"]] == ["VIDEO_MAX_PIXELS"]
    assert found["variants"] == []


def test_several_caps_are_variants_and_the_first_is_at_the_top():
    found = data("--image", "1080p", "--max-pixels", "1003520", "--max-pixels", "2116800")
    assert [(each["max_pixels"], each["items"][0]["tokens"]) for each in found["variants"]] == [
        (1003520, 1222),
        (2116800, 2691),
    ]
    assert (found["effective"], found["items"]) == (found["variants"][0]["effective"], found["variants"][0]["items"])
    text = shown("--image", "1080p", "--max-pixels", "1003520", "--max-pixels", "2116800")
    assert text.index("MAX_PIXELS=1003520\n") < text.index("MAX_PIXELS=2116800\n")


def test_a_model_with_relative_coordinates_has_no_box_factors():
    found = data(
        "--image", "1080p", "--video", "1080p@30fps,60s", "--video", "720p,4images", model="Qwen3-VL-8B-Instruct"
    )
    assert [(item["box_scale"], item["frames"]) for item in found["items"]] == [(None, None), (None, 120), (None, 4)]
    assert "boxes" not in shown("--image", "1080p", model="Qwen3-VL-8B-Instruct")


def test_uncertain_prompts_are_ranges():
    versions = (*VERSIONS[:4], "--vllm", "0.32.0")
    (item,) = data("--video", "360x640@30fps,10s", model="Qwen3-VL-8B-Instruct", versions=versions)["items"]
    bounds = item["prompt_tokens_range"]
    assert bounds == {"low": item["prompt_tokens"], "high": item["prompt_tokens"] + 2}
    text = shown("--video", "360x640@30fps,10s", model="Qwen3-VL-8B-Instruct", versions=versions)
    assert f"{bounds['low']:,} to {bounds['high']:,}" in text


def test_without_items_the_limits_are_shown():
    assert shown("--max-pixels-flag", "1003520").splitlines()[2:] == [
        "first   --max_pixels shrinks images over 1,003,520 pixels",
        "image   3,136 to 12,845,056 pixels, at most 16,384 tokens of 28x28 pixels",
        "video   100,352 to 602,112 pixels a frame, 2 frames a second, 4 to 768 frames; two frames share their tokens",
    ]


def test_the_second_resize_is_told():
    text = shown("--image", "224x224", model="Qwen3-VL-8B-Instruct", versions=("--ms-swift", "4.0.2", *VERSIONS[2:]))
    assert "        and once more by the checkpoint's own processor\n" in text
    assert "256x256" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--set", "VIDEO_MAX_PIXEL=5"), "the variable VIDEO_MAX_PIXEL has no say in the tokens of this model"),
        (("--set", "MAX_PIXELS"), "'MAX_PIXELS' sets nothing"),
        (("--image", "big"), "'big' is not a size"),
        (("--image", "3x3000"), "3x3000 cannot be served: one side is 1000 times the other"),
        (("--video", "1080p"), "'1080p' is not a clip"),
        (("--max-pixels", "1000", "--image", "1080p"), "1920x1080 cannot be served: the upper limit of 784 pixels"),
    ],
)
def test_faults_are_told_with_a_remedy(words, sentence):
    with pytest.raises(InputError) as caught:
        shown(*words)
    assert caught.value.sentence.startswith(sentence)
    assert caught.value.hint

"""The proof against real servers: ms-swift 4.6.0 counts pictures and clips exactly as our arithmetic does."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from serving import SERVED_NAME, Running, serve, tiny_model

from swiftcfg.chat import Answer, chat, endpoint_of, health, models
from swiftcfg.cli.probe import probe
from swiftcfg.expectation import Samples, choose_samples, expect, explain
from swiftcfg.media import Size, parse_size
from swiftcfg.probe import Item, Proof, item_of_text, prove, try_items
from swiftcfg.units import Range

#: One process of the tests runs them all, so that each server is started once.
pytestmark = [pytest.mark.serve, pytest.mark.xdist_group("probe")]
KEY = "no-secret-of-anybody"
SIZES = ("1920x1080", "300x200", "28x28", "9x9", "4000x300", "17x1200", "999x1001", "644x644")
CLIPS = ("640x360@30fps,10s", "320x240@8fps,3s", "1280x720@25fps,2s", "90x400@29.97fps,100frames", "640x480@1fps,4s")


@dataclass(frozen=True)
class Setup:
    kind: str
    variables: Mapping[str, str]
    api_key: str | None = None


#: Caps in tokens and in pixels, lower limits raised, videos sampled and capped in different ways.
SETUPS = {
    "tokens": Setup("qwen2_5_vl", {"IMAGE_MAX_TOKEN_NUM": "300", "FPS": "1"}, KEY),
    "pixels": Setup(
        "qwen2_5_vl",
        {
            "MAX_PIXELS": "200704", "MIN_PIXELS": "50176", "FPS_MAX_FRAMES": "8", "VIDEO_MAX_PIXELS": "50176",
            "VIDEO_MIN_PIXELS": "12544",
        },
    ),
    "pixels of 32": Setup("qwen3_vl", {"MAX_PIXELS": "1003520", "IMAGE_MIN_TOKEN_NUM": "128", "FPS": "4"}),
    "tokens of 32": Setup(
        "qwen3_vl",
        {"IMAGE_MAX_TOKEN_NUM": "256", "FPS_MAX_FRAMES": "6", "VIDEO_MAX_TOKEN_NUM": "64", "VIDEO_MIN_TOKEN_NUM": "16"},
    ),
}  # fmt: skip
#: Enough for the samples' clip in a context of 4096.
VLLM_VARIABLES = {"MAX_PIXELS": "200704", "VIDEO_MAX_PIXELS": "200704"}
VLLM_FLAGS = ("--vllm_limit_mm_per_prompt", '{"image": 2, "video": 1}')
#: What becomes of a clip under vLLM 0.32: served, or refused with a meaning.
VLLM_CLIPS = {"qwen2_5_vl": "asks for metadata of a Qwen2.5-VL video that it does not pass", "qwen3_vl": None}


@pytest.fixture(scope="module", params=SETUPS)
def transformers(request, tmp_path_factory) -> Iterator[Running]:
    setup = SETUPS[request.param]
    log = tmp_path_factory.mktemp("server") / "log"
    with serve(setup.kind, "transformers", setup.variables, log, api_key=setup.api_key) as running:
        yield running


@pytest.fixture(scope="module", params=VLLM_CLIPS)
def vllm(request, tmp_path_factory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("server") / "log"
    with serve(request.param, "vllm", VLLM_VARIABLES, log, VLLM_FLAGS) as running:
        yield running


def samples(running: Running, *, videos: bool = True) -> Samples:
    return choose_samples(running.limits(), running.context, videos=videos)


def prove_it(running: Running, these: Samples) -> Proof:
    return prove(running.endpoint, SERVED_NAME, these)


def added(proof: Proof) -> dict[str, int | None]:
    return {check.what: check.added for check in proof.checks}


def planned(these: Samples) -> dict[str, int | None]:
    """By the arithmetic alone; the tiny models have a token for each byte of a time stamp."""
    wanted = {
        each.what: each.expected.added({text: len(text) for text in each.expected.texts}) for each in these.samples
    }
    assert all(amount.low == amount.high for amount in wanted.values())
    return {"text": None, **{what: amount.best for what, amount in wanted.items()}}


def sent(running: Running, *items: Item) -> Answer:
    return chat(running.endpoint, SERVED_NAME, [*(item.part() for item in items), {"type": "text", "text": "x"}])


def test_every_sample_is_counted_as_planned(transformers):
    these = samples(transformers)
    proof = prove_it(transformers, these)
    assert added(proof) == planned(these)
    assert [*added(proof)] == [
        "text", "picture above the cap", "picture between the limits", "picture below the lower limit", "clip",
    ]  # fmt: skip
    assert (proof.passed, proof.left_out) == (True, ())


def test_pictures_of_all_shapes_cost_what_the_arithmetic_says(transformers):
    limits = transformers.limits()
    checks = try_items(transformers.endpoint, SERVED_NAME, [item_of_text(text, "image") for text in SIZES], limits)
    assert [check.added for check in checks[1:]] == [limits.image(parse_size(text)).prompt_tokens for text in SIZES]


@pytest.mark.parametrize("clip", CLIPS)
def test_clips_of_all_kinds_cost_what_the_arithmetic_says(transformers, clip):
    item = item_of_text(clip, "video")
    expected = expect(transformers.limits(), item.media)
    (check,) = prove(
        transformers.endpoint, SERVED_NAME, Samples(transformers.limits(), ()),
        more=[Item(clip, "video", item.media, item.data, item.media_type, expected)],
    ).checks[1:]  # fmt: skip
    assert Range.exactly(check.added or 0) == check.expected
    assert check.detail == f"as planned: resized to {expected.resized}, {expected.frames} frames"


def test_another_cap_than_planned_fails_with_both_numbers(transformers):
    limits = transformers.limits({"IMAGE_MAX_TOKEN_NUM": "500"})
    check = prove_it(transformers, choose_samples(limits, None)).checks[1]
    seen, meant = transformers.limits().image(check.media), limits.image(check.media)
    explanation = explain(limits, check.media, seen.tokens)
    assert (check.ok, check.added, check.expected) == (False, seen.prompt_tokens, Range.exactly(meant.prompt_tokens))
    assert explanation is not None
    assert check.detail.startswith(
        f"added {seen.prompt_tokens:,} tokens to the prompt, and {meant.prompt_tokens:,} are planned: the server "
    )
    assert check.detail.endswith(f"so it works with {explanation.values()}")
    assert (explanation.low or 0) <= transformers.limits().constants.image_max <= (explanation.high or 10**9)


def test_a_size_is_told_back_from_the_tokens_alone(transformers):
    (_, check) = try_items(
        transformers.endpoint, SERVED_NAME, [item_of_text("1920x1080", "image")], transformers.limits()
    )
    assert check.seen is not None
    assert check.seen.resized == transformers.limits().image(Size(1920, 1080)).resized


keyed = pytest.mark.parametrize("transformers", ["tokens"], indirect=True)


@keyed
def test_a_wrong_key_is_refused_and_none_too(transformers):
    address = str(transformers.endpoint)
    assert (health(endpoint_of(address)), models(endpoint_of(address))) == (200, (SERVED_NAME,))
    for key in (None, "another"):
        (check,) = try_items(endpoint_of(address, key), SERVED_NAME, [], None)
        assert (check.ok, check.status) == (False, 400)
        assert check.detail == (
            "the server wants another API key: give it in a variable, and the variable's name with --api-key-env "
            "(the server says HTTP 400: API key error)"
        )


@keyed
def test_what_ms_swift_refuses_is_told(transformers):
    image = item_of_text("300x200", "image")
    broken = Item("picture", "image", None, b"no picture", "image/png")
    answers = [
        chat(transformers.endpoint, "other", "x"),
        chat(transformers.endpoint, SERVED_NAME, 7),
        sent(transformers, broken),
        sent(transformers, item_of_text("3000x10", "image")),
        sent(transformers, image),
    ]
    assert [answer.status for answer in answers] == [400, 422, 400, 400, 200]
    assert [(answer.error or "").partition(":")[2][:43] for answer in answers] == [
        " `other` is not in the model_list: `['tiny'",
        " Input should be a valid string; Input shou",
        " cannot identify image file <_io.BytesIO ob",
        " absolute aspect ratio must be smaller than",
        "",
    ]


@keyed
def test_the_command_tells_the_size_and_the_caps(transformers, monkeypatch):
    monkeypatch.setenv("SERVER_KEY", KEY)
    given = [str(transformers.endpoint), "--api-key-env", "SERVER_KEY", "--model", str(tiny_model("qwen2_5_vl"))]
    result = CliRunner().invoke(probe, [*given, "--format", "json"])
    report = json.loads(result.output)
    picture = report["checks"][1]
    assert (result.exit_code, report["passed"], picture["added"]) == (0, True, 278)
    assert picture["resized"] == {"size": [644, 336], "variable": "MAX_PIXELS", "low": 233632, "high": 235983}
    assert KEY not in result.output


@keyed
def test_the_command_fails_where_a_variable_has_no_effect(transformers, monkeypatch):
    monkeypatch.setenv("SERVER_KEY", KEY)
    given = [str(transformers.endpoint), "--api-key-env", "SERVER_KEY", "--model", str(tiny_model("qwen2_5_vl"))]
    right = CliRunner().invoke(probe, [*given, "--set", "IMAGE_MAX_TOKEN_NUM=300", "--set", "FPS=1"])
    wrong = CliRunner().invoke(probe, [*given, "--set", "MAX_PIXELS=1003520"])
    assert (right.exit_code, wrong.exit_code) == (0, 5)
    assert next(line.split()[-1] for line in wrong.output.splitlines() if line.startswith("picture ")) == "FAILED"


def test_vllm_counts_the_same(vllm):
    these = samples(vllm, videos=False)
    proof = prove_it(vllm, these)
    assert added(proof) == planned(these)
    assert (proof.passed, proof.left_out) == (True, ())


def test_vllm_counts_clips_or_says_why_not(vllm):
    meaning = VLLM_CLIPS[vllm.kind]
    these = choose_samples(vllm.limits(), vllm.context, images=False, videos=True)
    proof = prove_it(vllm, these)
    if meaning is None:
        assert (proof.passed, added(proof)) == (True, planned(these))
    else:
        clip = proof.checks[-1]
        assert (clip.what, clip.ok, clip.status) == ("clip", False, 400)
        assert meaning in clip.detail


def test_vllm_refuses_more_pictures_than_its_limit(vllm):
    (picture,) = [item_of_text("300x200", "image")]
    two, three = sent(vllm, picture, picture), sent(vllm, picture, picture, picture)
    one = sent(vllm, picture)
    assert (two.prompt_tokens or 0) - (one.prompt_tokens or 0) == vllm.limits().image(Size(300, 200)).prompt_tokens
    assert (three.status, three.error) == (
        400,
        "HTTP 400: At most 2 image(s) may be provided in one prompt. (parameter=image)",
    )


def test_vllm_refuses_what_is_longer_than_the_context(vllm):
    answer = chat(vllm.endpoint, SERVED_NAME, "x" * 5000)
    assert answer.status == 400
    assert "leaves no room for generation with max_model_len (4096)" in (answer.error or "")

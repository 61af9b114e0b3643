"""swiftcfg probe and the proof, against a server that counts by our own arithmetic, or by another one.

That the arithmetic is that of real servers is for test_probe_serve.py to show.
"""

import json
import socket
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from loopback import answering, http, request_of
from towers import TOWERS, runtime

from swiftcfg.chat import Answer, NoAnswerError, endpoint_of
from swiftcfg.cli.probe import probe
from swiftcfg.errors import InputError
from swiftcfg.expectation import choose_samples
from swiftcfg.pictures import picture_size
from swiftcfg.probe import Check, prove
from swiftcfg.probe.items import LARGEST_FILE
from swiftcfg.probe.refusals import REFUSALS, meaning_of
from swiftcfg.tokens import Limits, effective_limits

SCHEMA = Path(__file__).parent.parent / "docs" / "schemas" / "probe.schema.json"
VERSIONS = ("--ms-swift", "4.6.0", "--qwen-vl-utils", "0.0.14", "--vllm", "0.32.0", "--transformers", "5.19.0")
TEMPLATE = 20
Count = Callable[[list[Any]], int | tuple[int, str]]


def limits(kind: str, **variables: int) -> Limits:
    """Those of a server that runs the versions above."""
    serving = runtime(vllm="0.32.0", transformers="5.19.0")
    return effective_limits(
        TOWERS[kind], serving, {name: str(value) for name, value in variables.items()}, model_type=kind
    )


def by(there: Limits, clip: int = 500) -> Count:
    """Counts of a server with these limits and a token for each byte; every clip costs the same."""

    def count(parts: list[Any]) -> int:
        return TEMPLATE + sum(map(of_part, parts))

    def of_part(part: Any) -> int:
        if part["type"] == "text":
            return len(part["text"])
        if part["type"] == "video_url":
            return clip
        size = picture_size(b64decode(part["image_url"]["url"].partition(",")[2]))
        assert size is not None
        return there.image(size).prompt_tokens

    return count


@contextmanager
def server(count: Count, models: tuple[str, ...] = ("tiny",), health: int = 200) -> Iterator[str]:
    """The address of a server that answers chats with this count, or a status and a message."""

    def chat(body: bytes) -> bytes:
        content = json.loads(body)["messages"][0]["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        answer = count(parts)
        if isinstance(answer, tuple):
            return http(answer[0], json.dumps({"message": answer[1]}).encode())
        choices = [{"message": {"content": "!"}}]
        return http(200, json.dumps({"choices": choices, "usage": {"prompt_tokens": answer}}).encode())

    def behave(connection: socket.socket) -> None:
        head, body = request_of(connection)
        path = head.split()[1]
        if path == b"/v1/models":
            connection.sendall(http(200, json.dumps({"data": [{"id": name} for name in models]}).encode()))
        else:
            connection.sendall(http(health, b"") if path == b"/health" else chat(body))

    with answering(behave) as port:
        yield f"http://127.0.0.1:{port}"


def run(address: str, *words: str) -> Result:
    return CliRunner().invoke(probe, [address, *words, *VERSIONS])


def text_of(result: Result, address: str) -> str:
    """The report without what differs every time."""
    lines = result.output.replace(address, "ADDRESS").splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def test_without_a_model_the_counts_are_told():
    with server(by(limits("qwen2_5_vl")), ("tiny", "lora"), 404) as address:
        result = run(address)
    assert result.exit_code == 0
    assert (
        text_of(result, address)
        == """\
ADDRESS serves tiny, lora; /health 404
asked: tiny

              sent  prompt tokens  added  seconds
text                           21             0.0  ok
picture  1920x1080          2,714  2,693      0.0  ok
"""
    )


def test_with_a_model_the_size_and_the_caps_are_told():
    with server(by(limits("qwen2_5_vl", MAX_PIXELS=200704))) as address:
        result = run(address, "--model", "Qwen2.5-VL-7B-Instruct", "--image", "1080p", "--image", "300x200")
    assert result.exit_code == 0
    assert (
        text_of(result, address).partition("\n\n")[2].partition("\n\n")[2]
        == """\
picture 1920x1080: added 254 tokens: resized to 588x336, as with MAX_PIXELS=200,704 to 214,031
picture 300x200: added 79 tokens: resized to 308x196, as with MAX_PIXELS=60,368 or more
"""
    )


def test_a_server_that_gives_away_its_model_is_understood():
    with server(by(limits("qwen3_vl", MAX_PIXELS=1003520)), ("Qwen3-VL-8B-Instruct",)) as address:
        report = json.loads(run(address, "--format", "json").output)
    jsonschema.validate(report, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert report["model"] == "Qwen3-VL-8B-Instruct"
    assert report["checks"][1]["resized"] == {
        "size": [1312, 736], "variable": "MAX_PIXELS", "low": 968704, "high": 1016831,
    }  # fmt: skip


def proved(there: Limits, planned: Limits, **kinds: bool) -> list[Check]:
    told: list[Check] = []
    with server(by(there)) as address:
        proof = prove(endpoint_of(address), "tiny", choose_samples(planned, None, **kinds), told.append)
    assert tuple(told) == proof.checks
    assert proof.passed == all(check.ok for check in told)
    return told


def test_a_server_that_counts_as_planned_passes():
    there = limits("qwen2_5_vl", MAX_PIXELS=1003520, MIN_PIXELS=401408)
    assert [(check.what, check.ok, check.added, check.detail) for check in proved(there, there)] == [
        ("text", True, None, "served"),
        ("picture above the cap", True, 1274, "as planned: resized to 1484x672"),
        ("picture between the limits", True, 830, "as planned: resized to 1288x504"),
        ("picture below the lower limit", True, 562, "as planned: resized to 1120x392"),
    ]


def differs(added: str, planned: str, reason: str) -> str:
    return f"added {added} tokens to the prompt, and {planned} are planned: {reason}"


@pytest.mark.parametrize(
    ("there", "planned", "numbers", "reason"),
    [
        (
            {},
            {"MAX_PIXELS": 200704},
            ("314", "255"),
            "the server does not shrink the picture, so it works with MAX_PIXELS=244,608 or more",
        ),
        (
            {"MAX_PIXELS": 200704},
            {"MAX_PIXELS": 1003520},
            ("232", "1,274"),
            "the server resizes it to 644x280, so it works with MAX_PIXELS=188,944 to 206,191",
        ),
        (
            {"MIN_PIXELS": 3136},
            {"MIN_PIXELS": 50176},
            ("32", "82"),
            "the server does not enlarge the picture, so it works with MIN_PIXELS=24,303 or less",
        ),
    ],
)
def test_another_limit_is_told_with_both_numbers(there, planned, numbers, reason):
    checks = proved(limits("qwen2_5_vl", **there), limits("qwen2_5_vl", **planned))
    assert [check.detail for check in checks if not check.ok] == [differs(*numbers, reason)]


NO_PICTURES = "At most 0 image(s) may be provided in one prompt."


@pytest.mark.parametrize(
    ("cost", "detail"),
    [
        (0, differs("0", "255", "the server left the picture out")),
        (258, differs("258", "255", "no limit explains that: is it this model, and these versions?")),
        (
            (400, NO_PICTURES),
            (
                "the server allows fewer of them in a request: vllm_limit_mm_per_prompt "
                f"(the server says HTTP 400: {NO_PICTURES})"
            ),
        ),
        ((400, "what?"), "HTTP 400: what?"),
    ],
)
def test_servers_that_do_not_count_pictures_fail(cost, detail):
    def count(parts: list[Any]) -> int | tuple[int, str]:
        if len(parts) == 1:
            return TEMPLATE + 1
        return cost if isinstance(cost, tuple) else TEMPLATE + 1 + cost

    with server(count) as address:
        proof = prove(endpoint_of(address), "tiny", choose_samples(limits("qwen2_5_vl", MAX_PIXELS=200704), None))
    assert (proof.passed, proof.checks[1].detail) == (False, detail)


def test_texts_between_frames_are_measured():
    planned = limits("qwen3_vl")
    (sample,) = choose_samples(planned, None, images=False, videos=True).samples
    cost = sample.expected.added({text: len(text) for text in sample.expected.texts}).best
    for clip, ok in ((cost, True), (cost + 1, False)):
        with server(by(planned, clip)) as address:
            proof = prove(endpoint_of(address), "tiny", choose_samples(planned, None, images=False, videos=True))
        assert (proof.passed, proof.checks[1].expected.best) == (ok, cost)


def test_what_the_settings_refuse_fails_without_being_sent():
    planned = limits("qwen2_5_vl", MAX_PIXELS=500)
    checks = proved(limits("qwen2_5_vl"), planned)
    assert [(check.what, check.status, check.ok) for check in checks] == [
        ("picture above the cap", None, False), ("picture below the lower limit", None, False), ("text", 200, True),
    ]  # fmt: skip


def test_where_the_text_is_refused_nothing_else_is_sent():
    with server(lambda _: (400, "API key error")) as address:
        proof = prove(endpoint_of(address), "tiny", choose_samples(limits("qwen2_5_vl"), None))
    assert [(check.what, check.ok) for check in proof.checks] == [("text", False)]


def test_variables_are_held_against_the_server():
    words = ("--model", "Qwen2.5-VL-7B-Instruct", "--max-model-len", "4096", "--set")
    with server(by(limits("qwen2_5_vl", MAX_PIXELS=200704), clip=2210)) as address:
        right = run(address, *words, "MAX_PIXELS=200704", "--image", "300x200")
        wrong = run(address, *words, "MAX_PIXELS=1003520")
        with_clip = run(address, *words, "MAX_PIXELS=200704", "--set", "FPS=2")
    assert [result.exit_code for result in (right, wrong, with_clip)] == [0, 5, 0]
    assert [line.split("  ")[0] for line in with_clip.output.splitlines()[4:]] == [
        "text", "picture above the cap", "picture between the limits", "picture below the lower limit", "clip",
    ]  # fmt: skip
    assert wrong.output.endswith(
        "picture above the cap 1629x741: added 232 tokens to the prompt, and 1,274 are planned: the server\n"
        "  resizes it to 644x280, so it works with MAX_PIXELS=188,944 to 206,191\n"
    )


def test_files_are_sent_as_they_are(tmp_path):
    picture, other = tmp_path / "a.png", tmp_path / "b.heic"
    picture.write_bytes(b"GIF89a\x02\x01\x03\x00")
    other.write_bytes(b"no picture that is known here")
    with server(lambda parts: TEMPLATE + len(parts)) as address:
        result = run(address, "--image", str(picture), "--image", str(other), "--video", str(other), "--format", "json")
    assert [(check["what"], check["kind"], check["media"]) for check in json.loads(result.output)["checks"]] == [
        ("text", "text", None),
        (str(picture), "image", "258x3"),
        (str(other), "image", None),
        (str(other), "video", None),
    ]


@pytest.mark.parametrize(("size", "fault"), [(0, "is empty"), (LARGEST_FILE + 1, "is larger than 64 MiB")])
def test_a_file_that_is_empty_or_too_large_is_refused(tmp_path, size, fault):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(size)
    with server(lambda _: 1) as address, pytest.raises(InputError) as caught:
        CliRunner().invoke(probe, [address, "--image", str(path)], catch_exceptions=False)
    assert caught.value.sentence == f"{path} {fault}"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--image", "nothing.png"), "'nothing.png' is no file, and no size to make one of"),
        (("--video", "nothing.mp4"), "'nothing.mp4' is no file, and no size to make one of"),
        (("--served-model-name", "other"), "ADDRESS has no model 'other'"),
        (("--model", "no-such-model"), "no model called 'no-such-model' is known"),
        (("--api-key-env", "NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE is not set, and is to hold the API key"),
        (("--model", "Qwen2.5-VL-7B-Instruct", "--set", "MAX_PIXELZ=1"), "the variable MAX_PIXELZ has no say in"),
    ],
)
def test_wishes_that_cannot_be_are_refused(words, sentence):
    with server(by(limits("qwen2_5_vl"))) as address, pytest.raises(InputError) as caught:
        CliRunner().invoke(probe, [address, *words, *VERSIONS], catch_exceptions=False)
    assert caught.value.sentence.replace(address, "ADDRESS").startswith(sentence)


def test_variables_need_a_model():
    assert run("localhost", "--set", "MAX_PIXELS=1").exit_code == 2


def test_a_server_that_lists_no_model_is_refused():
    with server(lambda _: 1, ()) as address, pytest.raises(InputError, match="lists no model"):
        CliRunner().invoke(probe, [address], catch_exceptions=False)


def test_no_server_is_another_status():
    result = CliRunner().invoke(probe, ["http://127.0.0.1:9"])
    assert isinstance(result.exception, NoAnswerError)
    assert result.exception.exit_status == 3


def test_the_key_is_sent_and_not_shown(monkeypatch):
    heads = []

    def behave(connection: socket.socket) -> None:
        heads.append(request_of(connection)[0])
        connection.sendall(http(500, b"sesame-open is wrong"))

    monkeypatch.setenv("KEY", "sesame-open")
    with answering(behave) as port:
        result = CliRunner().invoke(probe, [f"127.0.0.1:{port}", "--api-key-env", "KEY"])
    assert b"Authorization: Bearer sesame-open" in heads[0]
    assert str(result.exception) == f"http://127.0.0.1:{port}/v1/models answers HTTP 500: *** is wrong"


@pytest.mark.parametrize(
    ("error", "kind", "begins"),
    [
        ("HTTP 400: API key error", "text", "the server wants another API key"),
        ("HTTP 401: Unauthorized", "text", "the server wants another API key"),
        ("HTTP 400: `x` is not in the model_list: `['tiny']`.", "text", "the server has no model of this name"),
        ("HTTP 400: an empty message", "video", "the server says no more; an empty refusal of a video"),
        ("HTTP 400: an empty message", "image", None),
        (
            "HTTP 400: The decoder prompt (length 9) is longer than the maximum model length of 4.",
            "image",
            "the request",
        ),
        ("HTTP 413: no message", "image", "something before the server"),
        ("HTTP 502: <html>", "text", "what answers is a proxy"),
        ("HTTP 500: no message", "text", None),
    ],
)
def test_what_servers_say_has_a_meaning(error, kind, begins):
    meaning = meaning_of(Answer(400, 0.1, error=error), kind)
    assert meaning is None if begins is None else (meaning or "").startswith(begins)


def test_every_meaning_says_where_the_words_are_from():
    assert all(row.source for row in REFUSALS)

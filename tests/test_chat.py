"""What servers answer, in the forms that ms-swift, vLLM and others have."""

import json
import socket
from typing import Any

import pytest
from loopback import answering, http, request_of, saying

from swiftcfg.chat import Answer, NoAnswerError, chat, endpoint_of, health, models

COMPLETION = {"choices": [{"message": {"role": "assistant", "content": "Yes"}}], "usage": {"prompt_tokens": 59}}


def ask(status: int, body: Any) -> tuple[Answer, Any]:
    """One request to a server that answers so, and what it was asked."""
    asked = []

    def behave(connection: socket.socket) -> None:
        asked.append(request_of(connection))
        connection.sendall(http(status, body if isinstance(body, bytes) else json.dumps(body).encode()))

    with answering(behave) as port:
        answer = chat(endpoint_of(f"127.0.0.1:{port}"), "tiny", [{"type": "text", "text": "x"}])
    return answer, json.loads(asked[0][1])


def test_one_token_of_answer_is_asked_for():
    answer, asked = ask(200, COMPLETION)
    assert (answer.status, answer.prompt_tokens, answer.text, answer.error) == (200, 59, "Yes", None)
    assert asked == {
        "model": "tiny",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}],
        "max_tokens": 1,
        "temperature": 0,
    }


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": None},
        {"prompt_tokens": "59"},
        {"prompt_tokens": True},
        {"prompt_tokens": -1},
        {"prompt_tokens": 10**400},
        {"prompt_tokens": 1e308},
    ],
)
def test_a_count_that_is_not_told_is_none(usage):
    answer, _ = ask(200, {**COMPLETION, "usage": usage})
    assert (answer.prompt_tokens, answer.error) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"null",
        b'{"choices": []}',
        b'{"choices": [7], "usage": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"choices": [{"message": {"content": ""}}], "usage": 7}',
    ],
)
def test_what_is_no_completion_is_an_error(body):
    answer, _ = ask(200, body)
    assert (answer.error or "").startswith("the answer is no chat completion: ")
    assert len(answer.error or "") < 700


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"message": "API key error", "object": "error"}, "HTTP 400: API key error"),
        (400, {"message": "", "object": "error"}, "HTTP 400: an empty message"),
        (
            404,
            {"error": {"message": "The model `x` does not exist.", "code": 404}},
            "HTTP 404: The model `x` does not exist.",
        ),
        (401, {"error": "Unauthorized"}, "HTTP 401: Unauthorized"),
        (404, {"detail": "Not Found"}, "HTTP 404: Not Found"),
        (422, {"detail": [{"msg": "Field required", "loc": []}, "other"]}, "HTTP 422: Field required; other"),
        (502, b"<html>\n <b>Bad   Gateway</b>", "HTTP 502: <html> <b>Bad Gateway</b>"),
        (500, b"", "HTTP 500: no message"),
        (400, {"other": 1}, "HTTP 400: {'other': 1}"),
        (400, b"x" * 5000, "HTTP 400: " + "x" * 600 + " …"),
    ],
)
def test_a_refusal_says_what_the_server_says(status, body, error):
    answer, _ = ask(status, body)
    assert (answer.status, answer.error) == (status, error)


def answered(status: int, body: bytes, ask: Any) -> Any:
    def behave(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(http(status, body))

    with answering(behave) as port:
        return ask(endpoint_of(f"127.0.0.1:{port}"))


@pytest.mark.parametrize("name", [b"null", b"7", b'""', b'"' + b"x" * 5000 + b'"'], ids=["null", "7", "empty", "long"])
def test_what_can_be_no_name_is_none(name):
    with pytest.raises(NoAnswerError, match="is no list of models"):
        answered(200, b'{"data": [{"id": %s}]}' % name, models)


@pytest.mark.parametrize("key", ["choices", "usage", "content", "prompt_tokens", "x", "9"])
def test_a_key_that_is_a_common_word_garbles_no_answer(key):
    with answering(saying(http(200, json.dumps(COMPLETION).encode()))) as port:
        answer = chat(endpoint_of(f"127.0.0.1:{port}", key), "tiny", "x")
    assert (answer.prompt_tokens, answer.error) == (59, None)


def test_names_are_listed_in_the_servers_order():
    assert answered(200, b'{"data": [{"id": "tiny"}, {"id": "lora"}]}', models) == ("tiny", "lora")
    assert answered(503, b"", health) == 503


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data": 7}', b'{"data": [{}]}', b"[" * 100_000])
def test_what_is_no_list_of_models_is_told(body):
    with pytest.raises(NoAnswerError, match="is no list of models"):
        answered(200, body, models)

"""Chat: what to ask a running server that speaks OpenAI's language, and what its answers say."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from swiftcfg.exchange import Endpoint, NoAnswerError, Reply, endpoint_of, exchange
from swiftcfg.values import dataclass

__all__ = ["Answer", "Endpoint", "NoAnswerError", "chat", "endpoint_of", "health", "models"]

#: One letter: one token in every vocabulary, and one that joins no neighbour.
TEXT = "x"
OK = 200
#: How much of a server's own words is repeated. Chosen.
LONGEST_MESSAGE = 600
#: No prompt has more tokens, and no model a longer name: a file's is not longer. Chosen, and Linux's PATH_MAX.
_MOST_TOKENS, _LONGEST_NAME = 10**9, 4096
#: Where servers put their message: OpenAI and vLLM, ms-swift, FastAPI.
_MESSAGES = ("error", "message", "detail")
_NO_LIST = "is this the address of an OpenAI-like server, without the path of one of its pages?"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``error`` is None where the request was served; ``prompt_tokens`` is None where none are told."""

    status: int
    elapsed_s: float
    prompt_tokens: int | None = None
    text: str = ""
    error: str | None = None


def health(endpoint: Endpoint) -> int:
    """The HTTP status of /health, which ms-swift has since 3.10; raises NoAnswerError."""
    return exchange(endpoint, "GET", "/health").status


def models(endpoint: Endpoint) -> tuple[str, ...]:
    """Names that requests may ask for; raises NoAnswerError where no list of them comes back."""
    reply = exchange(endpoint, "GET", "/v1/models")
    if reply.status != OK:
        raise NoAnswerError(f"{endpoint}/v1/models answers {_refusal(endpoint, reply)}", _NO_LIST)
    try:
        return tuple(_name(each["id"]) for each in json.loads(reply.body)["data"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoAnswerError(f"what {endpoint}/v1/models answers is no list of models", _NO_LIST) from None


def _name(name: object) -> str:
    """The name of a model; raises ValueError for what is none."""
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise ValueError(name)
    return name


def chat(endpoint: Endpoint, model: str, content: str | Sequence[Mapping[str, Any]]) -> Answer:
    """Ask for one token of answer to one message of a user; raises NoAnswerError where no answer could be read."""
    request = {"model": model, "messages": [{"role": "user", "content": content}], "max_tokens": 1, "temperature": 0}
    reply = exchange(endpoint, "POST", "/v1/chat/completions", json.dumps(request).encode())
    if reply.status != OK:
        return Answer(reply.status, reply.elapsed_s, error=_refusal(endpoint, reply))
    try:
        data = json.loads(reply.body)
        text = data["choices"][0]["message"]["content"]
        tokens = (data.get("usage") or {}).get("prompt_tokens")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        body = _shown(endpoint.hide(reply.body.decode("utf-8", "replace")))
        return Answer(reply.status, reply.elapsed_s, error=f"the answer is no chat completion: {body}")
    known = isinstance(tokens, int) and not isinstance(tokens, bool) and 0 <= tokens <= _MOST_TOKENS
    said = endpoint.hide(text) if isinstance(text, str) else ""
    return Answer(reply.status, reply.elapsed_s, tokens if known else None, said)


def _refusal(endpoint: Endpoint, reply: Reply) -> str:
    return f"HTTP {reply.status}: {_shown(endpoint.hide(_message(reply.body)))}"


def _message(body: bytes) -> str:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace").strip() or "no message"
    while isinstance(data, dict) and (name := next((name for name in _MESSAGES if name in data), None)):
        data = data[name]
    if isinstance(data, list):
        data = "; ".join(str(each.get("msg", each)) if isinstance(each, dict) else str(each) for each in data)
    return str(data).strip() or "an empty message"


def _shown(text: str) -> str:
    """The beginning of a text, on one line."""
    text = " ".join(text[: 4 * LONGEST_MESSAGE].encode("utf-8", "replace").decode().split())
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " …"

"""What stands in for ``swift/cli/deploy.py``: takes its flags, and does the steps that a test has written down.

Standard library only, started as a program of its own by ``serving_environment``'s interpreter.

Behaviour: ``{"steps": [[NAME, VALUE], …], SETTING: VALUE, …}``. When the steps are done it waits for a signal.

    say TEXT           a line of output                     raw TEXT     Latin-1 text as bytes, with no line end
    file PATH          the bytes of a file, such as a log   long N       N bytes without a line end
    flood [RATE, S]    RATE bytes a second for S seconds    sleep S      wait; the same as hanging where S is large
    ignore SIGNAL      such as "SIGTERM"                    name TEXT    what ps calls this process from here on
    forget null  become a program with another name, an empty environment and no open files, that ignores SIGTERM
    child {…}          fork: {"own_session", "orphan", "name", "steps": […], "copies": N}; it waits when done
    show WHAT          "argv", "environment", "fds", "stdin" or "group", as one line of JSON after the word
    secret null        the key of --api_key as ms-swift prints it: in the command and among the arguments
    write [PATH, TEXT] put a text into a file
    turn [PATH, […]]   of several lists of steps the one for this start, which a file counts; the last from then on
    serve null         bind the port, print uvicorn's line, answer in the background
    exit STATUS        end                                  kill SIGNAL  end by a signal to itself

Settings, all optional:
    model_type         "qwen2_5_vl" (default) or "qwen3_vl": the rule by which pictures are counted
    ignore_cap         count as if MAX_PIXELS and IMAGE_MAX_TOKEN_NUM were not set
    picture_tokens     every picture costs this many        video_tokens   every video costs this many (100)
    extra_tokens       added to every prompt that has media
    strict_port        end with status 3 where the port is taken, instead of trying the next ones
    no_health          404 for /health, as before ms-swift 3.10
    broken             chat requests are answered 400 with this message, /health goes on to answer 200
    slow_s             chat requests take this long
"""

# ruff: noqa: PTH104, PTH110, PTH118, PTH119, PTH123, PTH208, SIM115
# (it starts often, and pathlib takes longer than the rest of it)

import base64
import json
import math
import os
import re
import signal
import struct
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn

DEFAULT_STEPS: list[list[Any]] = [
    ["say", "[INFO:swift] Start time of running main: 2026-01-01 00:00:00"],
    ["say", "[INFO:swift] Loading the model using model_dir: /models/tiny"],
    ["sleep", 0.05],
    ["say", "INFO:     Started server process [1]"],
    ["say", "INFO:     Application startup complete."],
    ["serve", None],
]


def main() -> NoReturn:
    behaviour = read_behaviour()
    run(behaviour.get("steps", DEFAULT_STEPS), behaviour)
    while True:
        signal.pause()


def read_behaviour() -> dict[str, Any]:
    text = os.environ.get("STUB_SERVER")
    if text is None:
        path = os.path.join(sys.prefix, "behaviour.json")
        text = open(path).read() if os.path.exists(path) else "{}"
    return dict(json.loads(text))


def run(steps: list[list[Any]], behaviour: dict[str, Any]) -> None:
    for name, value in steps:
        if name == "serve":
            serve(behaviour)
        elif name == "child":
            child(value, behaviour)
        elif name == "turn":
            run(turn(*value), behaviour)
        else:
            STEPS[name](value)


def flags(argv: list[str]) -> dict[str, str]:
    """``--name value``, ``--name=value`` and bare ``--name``; dashes count as underscores, the last one wins."""
    found: dict[str, str] = {}
    name = ""
    for word in argv:
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            name = name.replace("-", "_")
            found[name] = value
        elif name:
            found[name] = f"{found[name]} {word}".strip()
    return found


FLAGS = flags(sys.argv[1:])


def emit(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def say(text: str) -> None:
    emit(text.encode() + b"\n")


def long(size: int) -> None:
    for start in range(0, size, 65536):
        emit(b"x" * min(65536, size - start))


def flood(what: list[float]) -> None:
    rate, seconds = what
    line = b"y" * 199 + b"\n"
    block = line * max(1, int(rate / 100 / len(line)))
    began = time.monotonic()
    while (spent := time.monotonic() - began) < seconds:
        emit(block)
        time.sleep(max(0.0, 0.01 - (time.monotonic() - began - spent)))


def show(what: str) -> None:
    say(f"{what} " + json.dumps(SHOWN[what]()))


def descriptors() -> list[int]:
    """The open ones; the one that lists them is gone by then."""
    found = [int(name) for name in os.listdir("/proc/self/fd")]
    return sorted(number for number in found if os.path.exists(f"/proc/self/fd/{number}"))


def secret(_: None) -> None:
    key = FLAGS.get("api_key")
    say(f"run sh: `python {sys.argv[0]} --model tiny --api_key {key}`")
    say(f"[INFO:swift] args: DeployArguments(api_key='{key}', port={FLAGS.get('port')})")


def end(status: int) -> NoReturn:
    os._exit(status)


def child(what: dict[str, Any], behaviour: dict[str, Any]) -> None:
    for _ in range(what.get("copies", 1)):
        if os.fork():
            if what.get("orphan"):
                os.wait()
            continue
        if what.get("orphan") and os.fork():
            os._exit(0)
        if what.get("own_session"):
            os.setsid()
        if "name" in what:
            rename(what["name"])
        run(what.get("steps", []), behaviour)
        while True:
            signal.pause()


def rename(name: str) -> None:
    with open("/proc/self/comm", "w") as file:
        file.write(name)


def forget(_: None) -> NoReturn:
    """Nothing of what it was started with is left, as with a daemon of the strictest kind."""
    os.closerange(0, 256)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); open('/proc/self/comm', 'w').write('fled'); "
    os.execve(sys.executable, [sys.executable, "-I", "-S", "-c", code + "signal.pause()"], {})  # noqa: S606


def write(what: list[str]) -> None:
    path, text = what
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def turn(path: str, turns: list[list[list[Any]]]) -> list[list[Any]]:
    with open(path, "a+b") as file:
        before = file.tell()
        file.write(b".")
    return turns[min(before, len(turns) - 1)]


STEPS: dict[str, Any] = {
    "write": write,
    "say": say,
    "raw": lambda text: emit(text.encode("latin-1")),
    "file": lambda path: emit(open(path, "rb").read()),
    "long": long,
    "flood": flood,
    "sleep": time.sleep,
    "ignore": lambda name: signal.signal(getattr(signal, name), signal.SIG_IGN),
    "name": rename,
    "forget": forget,
    "show": show,
    "secret": secret,
    "exit": end,
    "kill": lambda name: os.kill(os.getpid(), getattr(signal, name)),
}
SHOWN: dict[str, Any] = {
    "argv": lambda: sys.argv,
    "environment": lambda: dict(os.environ),
    "fds": descriptors,
    "stdin": sys.stdin.read,
    "group": lambda: [os.getpid(), os.getpgid(0), os.getsid(0)],
}


# The port, and what is answered on it


def serve(behaviour: dict[str, Any]) -> None:
    server = bound(FLAGS.get("host", ""), int(FLAGS.get("port", "8000")), behaviour)
    server.behaviour = behaviour  # type: ignore[attr-defined]
    host, port = server.server_address[:2]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"INFO:     Uvicorn running on http://{host!s}:{port} (Press CTRL+C to quit)")


def bound(host: str, port: int, behaviour: dict[str, Any]) -> ThreadingHTTPServer:
    """On the port, or as ms-swift does it on the next free one."""
    for candidate in range(port, port + (1 if behaviour.get("strict_port") or not port else 100)):
        with suppress(OSError):
            return ThreadingHTTPServer((host, candidate), Answers)
    say(f"ERROR:    [Errno 98] error while attempting to bind on address ('{host}', {port}): address already in use")
    end(3)


class Answers(BaseHTTPRequestHandler):
    """The routes of ms-swift's server, as far as clients of swiftcfg use them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        say(f'INFO:     {self.client_address[0]}:{self.client_address[1]} - "{self.requestline}" 200 OK')

    @property
    def behaviour(self) -> dict[str, Any]:
        return self.server.behaviour  # type: ignore[attr-defined, no-any-return]

    def answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.path == "/health" and not self.behaviour.get("no_health"):
            self.answer(200, None)
        elif self.path == "/v1/models":
            self.answer(200, {"object": "list", "data": [{"id": served_name(), "object": "model"}]})
        else:
            self.answer(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        fault = self.fault(request)
        if self.path != "/v1/chat/completions":
            self.answer(404, {"detail": "Not Found"})
        elif fault:
            self.answer(400, {"object": "error", "message": fault, "type": None, "code": None})
        else:
            time.sleep(self.behaviour.get("slow_s", 0))
            self.answer(200, completion(prompt_tokens(request["messages"], self.behaviour)))

    def fault(self, request: dict[str, Any]) -> str | None:
        """Statuses and texts are ms-swift's: 400 for a wrong key and for an unknown model."""
        key = FLAGS.get("api_key")
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            return "API key error"
        if request.get("model") != served_name():
            return f"`{request.get('model')}` is not in the model_list: `['{served_name()}']`."
        broken: str | None = self.behaviour.get("broken")
        return broken


def served_name() -> str:
    return FLAGS.get("served_model_name") or os.path.basename(FLAGS.get("model", "tiny").rstrip("/"))


def completion(tokens: int) -> dict[str, Any]:
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": served_name(),
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": 1, "total_tokens": tokens + 1},
    }


# What a prompt costs

#: Model type -> side of the square that is one token, tokens of an empty prompt, largest picture in tokens.
RULES = {"qwen2_5_vl": (28, 20, 16384), "qwen3_vl": (32, 12, 16384)}


def prompt_tokens(messages: list[dict[str, Any]], behaviour: dict[str, Any]) -> int:
    """One token per byte of text, and per picture its squares and two marks."""
    parts = [part for message in messages for part in parts_of(message["content"])]
    media = [part for part in parts if part["type"] != "text"]
    text = sum(len(part["text"].encode()) for part in parts if part["type"] == "text")
    base = RULES[behaviour.get("model_type", "qwen2_5_vl")][1]
    extra = behaviour.get("extra_tokens", 0) if media else 0
    return base + text + extra + sum(media_tokens(part, behaviour) + 2 for part in media)


def parts_of(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def media_tokens(part: dict[str, Any], behaviour: dict[str, Any]) -> int:
    if part["type"] != "image_url":
        return int(behaviour.get("video_tokens", 100))
    if "picture_tokens" in behaviour:
        return int(behaviour["picture_tokens"])
    address = part["image_url"]["url"] if isinstance(part["image_url"], dict) else part["image_url"]
    width, height = png_size(base64.b64decode(address.partition(",")[2]))
    return squares(width, height, behaviour)


def png_size(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def squares(width: int, height: int, behaviour: dict[str, Any]) -> int:
    """Resized as qwen-vl-utils does: sides to multiples of the factor, then into the cap by the root of the ratio."""
    factor, _, most = RULES[behaviour.get("model_type", "qwen2_5_vl")]
    cap = most if behaviour.get("ignore_cap") else cap_tokens(factor, most)
    low, high = 4 * factor**2, cap * factor**2
    sides = [max(factor, round(side / factor) * factor) for side in (width, height)]
    area = sides[0] * sides[1]
    if area > high:
        scale = math.sqrt(width * height / high)
        sides = [max(factor, math.floor(side / scale / factor) * factor) for side in (width, height)]
    elif area < low:
        scale = math.sqrt(low / (width * height))
        sides = [math.ceil(side * scale / factor) * factor for side in (width, height)]
    return sides[0] * sides[1] // factor**2


def cap_tokens(factor: int, most: int) -> int:
    tokens, pixels = (os.environ.get(name) for name in ("IMAGE_MAX_TOKEN_NUM", "MAX_PIXELS"))
    if tokens:
        return int(tokens)
    return int(re.sub("_", "", pixels)) // factor**2 if pixels else most


if __name__ == "__main__":
    main()

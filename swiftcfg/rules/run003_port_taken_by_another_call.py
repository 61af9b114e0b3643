"""Port of another call in the same file.

A busy port is no error to ms-swift: it takes the next free one of a hundred and says so only in its log. Clients of
the second server then talk to the first. Services of a compose file share ports where they share a network
(``network_mode: host``), and so do the containers of a pod.

Whether a port is free on the machine that will serve is not looked at: mostly that is another machine than the one
that validates, and what is free now may be taken when the server starts. ``swiftcfg launch`` tries it right before it
starts one.

Bad:

    CUDA_VISIBLE_DEVICES=0 setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm &
    CUDA_VISIBLE_DEVICES=1 setsid swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm &

Good:

    CUDA_VISIBLE_DEVICES=0 setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm &
    CUDA_VISIBLE_DEVICES=1 setsid swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm --port 8001 &
"""

from collections.abc import Iterator

from swiftcfg.config import Unknown
from swiftcfg.facts import Origin
from swiftcfg.rule import Finding
from swiftcfg.rules.launching import background_calls
from swiftcfg.rules.places import flag_place
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = (
    "ms-swift@4.6.0:swift/utils/torch_utils.py, find_free_port",
    "https://docs.docker.com/reference/compose-file/services/#network_mode",
    "https://kubernetes.io/docs/concepts/workloads/pods/#pod-networking",
)


def check(origin: Origin, script: Script) -> Iterator[Finding]:
    port = None if script.conditional else _port(script)
    for earlier in _beside(origin, script):
        if port is None or earlier.place >= script.place:
            return
        if _port(earlier) == port:
            yield Finding(
                f"the server started in line {earlier.place.line} has port {port}: ms-swift takes another one for this",
                flag_place(script, "port") or script.place,
                "--port",
            )
            return


def _beside(origin: Origin, script: Script) -> Iterator[Script]:
    """The calls that run at the same time and have the same ports, in the order of the text."""
    if script.network is None:
        yield from background_calls(origin)
    yield from (call for call in origin.calls if script.network and call.network == script.network)


def _port(script: Script) -> str | None:
    """The port as written, None where it is not known or the system chooses."""
    word = next((use.words[0] for use in reversed(script.flags) if use.name == "port" and use.words), "8000")
    return None if isinstance(word, Unknown) or word == "0" else word

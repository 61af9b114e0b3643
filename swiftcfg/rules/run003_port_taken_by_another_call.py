"""Port of another call in the same file.

A busy port is no error to ms-swift: it takes the next free one of a hundred and says so only in its log. Clients of
the second server then talk to the first.

Bad:

    CUDA_VISIBLE_DEVICES=0 setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm &
    CUDA_VISIBLE_DEVICES=1 setsid swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm &

Good:

    CUDA_VISIBLE_DEVICES=0 setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm &
    CUDA_VISIBLE_DEVICES=1 setsid swift deploy --model Qwen/Qwen3-VL-8B-Instruct --infer_backend vllm --port 8001 &
"""

from collections.abc import Iterator

from swiftcfg.facts import Origin
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.launching import background_calls
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = ("ms-swift@4.6.0:swift/utils/torch_utils.py, find_free_port",)


def check(origin: Origin, script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    port = None if script.conditional else _port(script, catalog)
    for earlier in background_calls(origin):
        if port is None or earlier.place >= script.place:
            return
        if _port(earlier, catalog) == port:
            one = in_force(script, catalog).get("port")
            yield Finding(
                f"the server started in line {earlier.place.line} has port {port}: ms-swift takes another one for this",
                one.use.place if one else script.place,
                "--port",
            )
            return


def _port(script: Script, catalog: FlagCatalog) -> str | None:
    """The port as written, None where it is not known or the system chooses."""
    one = in_force(script, catalog).get("port")
    word = one.word if one else "8000"
    return None if word == "0" else word

"""Port that may move while the script counts on it.

If the port is taken, also by a server that was stopped within the last minute, ms-swift takes the next one without
a word; what the script then asks is another server or none. The log says which port it became: ``Uvicorn running
on``.

Bad:

    setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000 > deploy.log 2>&1 &
    until curl -sf http://127.0.0.1:8000/v1/models; do sleep 5; done

Good:

    setsid swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --port 8000 > deploy.log 2>&1 &
    until grep -q 'Uvicorn running on' deploy.log; do sleep 5; done
"""

import re
from collections.abc import Iterator

from swiftcfg.facts import Origin
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.launching import launch_of, place_at
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "info"
CONFIDENCE = "possible"
SOURCES = ("ms-swift@4.6.0:swift/utils/torch_utils.py, find_free_port",)


def check(origin: Origin, script: Script, catalog: FlagCatalog) -> Iterator[Finding]:
    one = in_force(script, catalog).get("port")
    port = one.word if one else "8000"
    launch = launch_of(origin, script)
    if not (launch and launch.background and port and port.isdecimal()) or "Uvicorn running" in origin.text:
        return  # a call in the foreground is over when the next line runs
    asked = re.search(rf"^[^#\n]*[\w.\]}}](:{port})(?=[/\s'\"]|$)", origin.text, re.MULTILINE)
    if asked:
        place = place_at(origin, asked.start(1) + 1)
        yield Finding(f"if port {port} is taken, the server is at the next free one, and this asks another", place)

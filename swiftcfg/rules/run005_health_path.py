"""Health path that this release does not have.

``/health`` and ``/ping`` came with ms-swift 3.10.0; before, they are answered with 404 for ever. ``/v1/models`` answers
in every release, as soon as the model is loaded.

Checked with: --ms-swift 3.9.3

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm > deploy.log 2>&1 &
    until curl -sf http://127.0.0.1:8000/health; do sleep 5; done

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm > deploy.log 2>&1 &
    until curl -sf http://127.0.0.1:8000/v1/models; do sleep 5; done
"""

import re
from collections.abc import Iterator

from swiftcfg.facts import Origin
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.launching import place_at
from swiftcfg.runtime import HEALTH_SINCE

SEVERITY = "warning"
CONFIDENCE = "likely"
SOURCES = ("ms-swift@3.10.0:swift/llm/infer/deploy.py", "https://github.com/modelscope/ms-swift/issues/3474")

_PATH = re.compile(r"(?<=[\d}\w])/(health|ping)(?![\w/.-])")


def check(origin: Origin, catalog: FlagCatalog) -> Iterator[Finding]:
    asked = _PATH.search(origin.text) if catalog.version < HEALTH_SINCE else None
    if asked:
        path = asked.group()
        message = (
            f"ms-swift {catalog.version} answers {path} with 404, {HEALTH_SINCE} is the first with it: ask /v1/models"
        )
        yield Finding(message, place_at(origin, asked.start()))

"""Data parallelism that this release does not do.

``swift deploy`` takes ``--vllm_data_parallel_size`` and serves one copy: before 3.10 only ``swift rollout`` reads
it, from 3.10 to 4.2 deploy loses it on the way to vLLM. From 4.3 on it works, with the asynchronous engine only.

Checked with: --ms-swift 4.2.0

Bad:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --vllm_data_parallel_size 2

Good:

    swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm \
      --vllm_engine_kwargs '{"data_parallel_size": 2}'
"""

from collections.abc import Iterator

from swiftcfg.engine import EngineSettings
from swiftcfg.flags import FlagCatalog
from swiftcfg.rule import Finding
from swiftcfg.rules.written import in_force
from swiftcfg.script import Script

SEVERITY = "error"
CONFIDENCE = "certain"
SOURCES = (
    "https://github.com/modelscope/ms-swift/issues/6237",
    "ms-swift@4.3.0:swift/pipelines/infer/infer.py",
    "ms-swift@4.6.0:swift/pipelines/infer/deploy.py:43-47",
)

_FLAGS = ("data_parallel_size", "vllm_data_parallel_size")


def check(script: Script, catalog: FlagCatalog, settings: EngineSettings) -> Iterator[Finding]:
    given, unread = in_force(script, catalog), dict(settings.unread)
    for name in _FLAGS:
        one = given.get(name)
        if one is None or settings.backend != "vllm" or one.value in (None, 1):
            continue
        if name in unread:
            message = f"{one.shown} has no effect, and one copy is served: {unread[name]}"
            yield Finding(message, one.use.place, one.use.spelling)
        elif _is_off(given.get("vllm_use_async_engine")) and name not in unread:
            message = f"{one.shown} needs the asynchronous engine: the start fails with --vllm_use_async_engine false"
            yield Finding(message, one.use.place, one.use.spelling)


def _is_off(one: object) -> bool:
    return getattr(one, "value", None) is False

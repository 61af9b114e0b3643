"""Real servers: ``swift deploy`` of ms-swift 4.6.0 with tiny models, on this machine's processor."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from oracle import interpreter

from swiftcfg.catalogue import find_model
from swiftcfg.chat import Endpoint, endpoint_of
from swiftcfg.detect import find_runtime
from swiftcfg.procfs import processes
from swiftcfg.tokens import Limits, effective_limits

TOOL = Path(__file__).parent.parent / "tools" / "tiny_model.py"
#: Folders are called like the published models: ms-swift then needs no --model_type.
FOLDERS = {"qwen2_5_vl": "Qwen2.5-VL-7B-Instruct", "qwen3_vl": "Qwen3-VL-8B-Instruct"}
SERVED_NAME = "tiny"
CONTEXT = 4096
BACKEND_FLAGS = {
    "transformers": (),
    "vllm": ("--vllm_max_model_len", str(CONTEXT), "--vllm_enforce_eager", "true"),
}
#: Seconds until the server answers; the first start after an installation compiles everything.
START_LIMIT_S = {"transformers": 180, "vllm": 300}
STOP_LIMIT_S = 30
#: What a server may know of this process's environment; all else is its own.
_PASSED_ON = ("HOME", "PATH", "LANG", "TMPDIR")
_SURROUNDINGS = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB; without it a share of all memory
}
_READY = re.compile(r"Uvicorn running on (http://\S+)")


@dataclass(frozen=True)
class Running:
    """A server that answers, and how it was started."""

    endpoint: Endpoint
    kind: str
    backend: str
    variables: Mapping[str, str]
    log: Path

    def limits(self, others: Mapping[str, str] | None = None) -> Limits:
        """What it makes of pictures by our arithmetic; ``others`` are variables it was not started with."""
        model, runtime = find_model(str(tiny_model(self.kind))), find_runtime({}, str(serving_python()))
        assert model.vision is not None
        return effective_limits(
            model.vision, runtime, {**self.variables, **(others or {})}, model_type=model.model_type,
            processor=model.limits, backend=self.backend,
        )  # fmt: skip

    @property
    def context(self) -> int:
        return CONTEXT if self.backend == "vllm" else 32_768


def serving_python() -> Path:
    return interpreter("serve")


def tiny_model(kind: str) -> Path:
    """A checkpoint folder; made once for each version of the tool, and kept beside the environments."""
    version = hashlib.sha256(TOOL.read_bytes()).hexdigest()[:12]
    place = serving_python().parents[2] / "tiny-models" / version / FOLDERS[kind]
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=place.parent)) / place.name
        subprocess.run([serving_python(), TOOL, kind, made], check=True, capture_output=True)
        with suppress(OSError):  # another process of the tests was quicker
            made.rename(place)
        shutil.rmtree(made.parent)
    return place


@contextmanager
def serve(
    kind: str,
    backend: str,
    variables: Mapping[str, str],
    log: Path,
    flags: Sequence[str] = (),
    *,
    api_key: str | None = None,
) -> Iterator[Running]:
    """Start a server on a free port of this machine; nothing of it is left at the end."""
    python = serving_python()
    program = next(python.parents[1].glob("lib/python3*/site-packages/swift/cli/deploy.py"))
    argv = [
        python, program, "--model", tiny_model(kind), "--infer_backend", backend, "--host", "127.0.0.1", "--port", "0",
        "--served_model_name", SERVED_NAME, *BACKEND_FLAGS[backend], *flags,
        *(("--api_key", api_key) if api_key else ()),
    ]  # fmt: skip
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv, env={**passed_on, **_SURROUNDINGS, **variables}, cwd=log.parent, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield Running(endpoint_of(address_of(process, log, backend), api_key), kind, backend, variables, log)
        finally:
            end(process)


def address_of(process: "subprocess.Popen[bytes]", log: Path, backend: str) -> str:
    """Where the server says that it listens."""
    deadline = time.monotonic() + START_LIMIT_S[backend]
    while time.monotonic() < deadline and process.poll() is None:
        found = _READY.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    state = "did not start in time" if process.poll() is None else f"ended with {process.returncode}"
    pytest.fail(f"the server {state}:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}")


def end(process: "subprocess.Popen[bytes]") -> None:
    """Stop every process of the server's session: politely, then not."""
    deadline = time.monotonic() + STOP_LIMIT_S
    _signal_all(process, signal.SIGTERM)
    while members(process) and time.monotonic() < deadline:
        process.poll()
        time.sleep(0.05)
    _signal_all(process, signal.SIGKILL)
    process.wait()


def members(process: "subprocess.Popen[bytes]") -> list[int]:
    return [each.pid for each in processes() if each.session == process.pid and each.lives]


def _signal_all(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    for pid in members(process):
        with suppress(ProcessLookupError):
            os.kill(pid, number)

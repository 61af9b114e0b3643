"""An API key reaches a real server, and nobody else: not by ps, not by the environment of any of its processes."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from serving import BACKEND_FLAGS, SERVED_NAME, START_LIMIT_S, end, members, serving_python, tiny_model

from swiftcfg.chat import chat, endpoint_of
from swiftcfg.starting import StartOptions, start_command, subject_of_file

KEY = "sk-7f3a9c52e1"


def exposed(pid: int) -> list[str]:
    """The files of a process that show the key to whoever may read them."""
    files = (Path(f"/proc/{pid}/{name}") for name in ("cmdline", "environ"))
    return [str(file) for file in files if KEY.encode() in _content(file)]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # gone meanwhile
        return b""


@pytest.mark.serve
@pytest.mark.parametrize("backend", ["transformers", "vllm"])
def test_a_key_is_seen_by_nobody_from_the_first_process_to_the_last_worker(tmp_path: Path, backend: str):
    script, log = tmp_path / "deploy.sh", tmp_path / "log"
    script.write_text(
        "export MAX_PIXELS=1003520 HF_HUB_OFFLINE=1 VLLM_NO_USAGE_STATS=1 VLLM_CPU_KVCACHE_SPACE=1\n"
        f"swift deploy --model {tiny_model('qwen2_5_vl')} --infer_backend {backend} {' '.join(BACKEND_FLAGS[backend])} "
        f'--host 127.0.0.1 --served_model_name {SERVED_NAME} --api_key "$SERVER_KEY"\n'
    )
    caller = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "SERVER_KEY": KEY}
    subject = subject_of_file(str(script), StartOptions(caller, str(serving_python()), port="auto"))
    command = start_command(subject)
    address, seen = f"http://127.0.0.1:{subject.port}", []
    with log.open("wb") as output:
        process = subprocess.Popen(
            command.argv, env=dict(command.environment), cwd=tmp_path, stdin=subprocess.PIPE, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            assert process.stdin is not None
            with process.stdin:
                process.stdin.write((command.stdin or "").encode())
            deadline = time.monotonic() + START_LIMIT_S[backend]
            while "Uvicorn running on" not in log.read_text(errors="replace") and time.monotonic() < deadline:
                assert process.poll() is None, log.read_text(errors="replace")[-4000:]
                seen += [file for pid in members(process) for file in exposed(pid)]
                time.sleep(0.1)
            answers = [chat(endpoint_of(address, key), SERVED_NAME, "hello").status for key in (KEY, None, "wrong")]
            seen += [file for pid in members(process) for file in exposed(pid)]
        finally:
            end(process)
    assert (answers, seen) == ([200, 400, 400], [])
    showing = [line for line in log.read_text(errors="replace").splitlines() if KEY in line]
    assert [line[:20] for line in showing] == ["[INFO:swift] args: D"]  # what the warden hides

"""Many files: several processes give the answers of one, in the same order."""

import os
from pathlib import Path

import pytest

from swiftcfg.check import Options
from swiftcfg.check_many import WORTH_SPLITTING, Examined, Task, examine, examine_all
from swiftcfg.errors import SwiftcfgError
from swiftcfg.project import Settings
from swiftcfg.source_files import Found

KINDS = (
    "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm --systemm x{number}\n",
    "VIDEO_MAX_PIXELS={number} swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm\n",
    "# swiftcfg: ignore[SEC]\nswift deploy --model $M --infer_backend vllm\n",
    "ls\n",
    None,
)


@pytest.fixture
def files(tmp_path: Path) -> list[Found]:
    found = []
    for number in range(2 * WORTH_SPLITTING):
        path, text = tmp_path / f"{number}.sh", KINDS[number % len(KINDS)]
        if text is not None:
            path.write_text(text.format(number=number))
        found.append(Found(str(path), named=number % 3 != 0))
    return found


def shown(result: object) -> object:
    return (type(result), result.sentence, result.hint) if isinstance(result, SwiftcfgError) else result


@pytest.mark.parametrize("mend", [False, True])
def test_several_processes_answer_as_one(files: list[Found], monkeypatch: pytest.MonkeyPatch, mend: bool):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    task = Task(Options(Settings(gpu="H100-80GB", versions={"ms-swift": "4.6.0"})), mend=mend)
    alone = [shown(examine(found, task)) for found in files]
    assert [shown(result) for result in examine_all(files, task)] == alone
    assert {type(result) for result in alone} == {Examined, tuple, type(None)}


def test_few_files_start_no_process(files: list[Found], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(os, "fork", None)
    task = Task(Options(Settings(versions={"ms-swift": "4.6.0"})))
    assert len(list(examine_all(files[: WORTH_SPLITTING - 1], task))) == WORTH_SPLITTING - 1

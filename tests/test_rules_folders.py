"""Rules that look at a checkpoint folder: what the name of a folder tells, and what its args.json settles."""

import json
from pathlib import Path

import pytest
from checkpoints import write_checkpoint
from rule_facts import Surroundings
from test_rules import found

from swiftcfg.rule import SetFlag

NAME = "Qwen/Qwen2.5-VL-7B-Instruct"


def folder(parent: Path, name: str) -> Path:
    return write_checkpoint(parent / name, NAME, tensors=[])


def test_a_folder_that_may_be_several_things_is_an_error_with_its_fix(tmp_path: Path):
    path = folder(tmp_path, "my-finetune")
    (one,) = found(f"swift deploy --model {path} --infer_backend vllm", Surroundings(), "FLG")
    assert (one.rule.code, one.severity) == ("FLG023", "error")
    assert one.finding.message.endswith("ends with 'Multiple possible types found'; give --template qwen2_5_vl")
    assert one.finding.fix is not None
    assert one.finding.fix.changes == (SetFlag("template", "qwen2_5_vl"),)


def test_what_is_given_or_in_args_json_or_in_the_name_is_not_asked_for(tmp_path: Path):
    named, own = folder(tmp_path, "Qwen2.5-VL-7B-Instruct"), folder(tmp_path, "own")
    trained = folder(tmp_path, "trained")
    (trained / "args.json").write_text(json.dumps({"model_type": "qwen2_5_vl", "template": "qwen2_5_vl"}))
    for words in (str(named), str(trained), f"{own} --template qwen2_5_vl"):
        assert found(f"swift deploy --model {words} --infer_backend vllm", Surroundings(), "FLG") == []


def test_a_relative_path_that_is_there_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder(tmp_path, "output/merged")
    monkeypatch.chdir(tmp_path)
    script = "swift deploy --model output/merged --template qwen2_5_vl --infer_backend vllm"
    assert found(script, Surroundings(), "STK") == []
    (one,) = found(f"{script} --adapters output/lora", Surroundings(), "STK005")
    assert one.finding.subject == "--adapters"


def test_a_folder_without_a_vision_tower_has_none_to_judge(tmp_path: Path):
    path = write_checkpoint(tmp_path / "text", "Qwen/Qwen3-8B", tensors=[])
    script = f"swift deploy --model {path} --infer_backend vllm --host 0.0.0.0 --model_type qwen3 --template qwen3"
    around = Surroundings(qwen_vl_utils="0.0.8", vllm="0.32.0")
    assert [one.rule.code for code in ("STK", "SEC006") for one in found(script, around, code)] == []


def test_of_a_folder_nobody_knows_the_type_of_its_numbers(tmp_path: Path):
    script = f"swift deploy --model {folder(tmp_path, 'Qwen2.5-VL-7B-Instruct')} --infer_backend vllm"
    (one,) = found(script, Surroundings(gpu="T4"), "STK010")
    assert (one.severity, "if the checkpoint states it" in one.finding.message) == ("warning", True)


def test_older_releases_may_ask_for_the_type_of_a_folder(tmp_path: Path):
    path = write_checkpoint(tmp_path / "own", "Qwen/Qwen2-VL-7B-Instruct", tensors=[])
    (one,) = found(f"swift deploy --model {path} --infer_backend vllm", Surroundings(ms_swift="3.12.1"), "FLG")
    assert (one.rule.code, one.severity) == ("FLG023", "warning")
    assert one.finding.message.endswith("give --model_type qwen2_vl")

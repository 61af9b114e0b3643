import json
from dataclasses import replace
from typing import Any

import pytest
from checkpoints import write_checkpoint, write_safetensors
from planning import plan, problem, setting

from swiftcfg.architectures import Tensor
from swiftcfg.catalogue import find_model
from swiftcfg.errors import InputError
from swiftcfg.model import Adapter
from swiftcfg.planner import Plan

STORY = "Qwen2.5-VL-7B-Instruct"


def write_adapter(folder, base, *, rows=8, **args: Any):
    folder.mkdir()
    (folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "r": 8, "rank_pattern": {"q_proj": 16}, "base_model_name_or_path": base})
    )
    write_safetensors(folder / "adapter_model.safetensors", [Tensor("a.lora_A.weight", "F32", (rows, 100))])
    if args:
        (folder / "args.json").write_text(json.dumps(args))
    return folder


def test_an_adapter_folder_stands_for_its_base_with_the_adapter(tmp_path):
    args = {"model": "Qwen/Qwen2.5-VL-7B-Instruct", "model_type": "qwen2_5_vl", "template": "mimo_vl"}
    folder = write_adapter(tmp_path / "checkpoint-100", "/nowhere/mine", swift_version="4.6.0", **args)
    model = find_model(str(folder))
    assert model.location == "Qwen/Qwen2.5-VL-7B-Instruct"
    assert model.adapter == Adapter("checkpoint-100", 16, 3200, str(folder))
    assert (model.model_type, model.template) == ("qwen2_5_vl", "mimo_vl")
    assert dict(model.swift_args) == args


def test_an_adapter_finds_its_base_by_the_path_it_was_trained_on(tmp_path):
    folder = write_adapter(tmp_path / "lora", "/nowhere/models/Qwen/Qwen2___5-VL-7B-Instruct")
    assert find_model(str(folder)).location == "Qwen/Qwen2.5-VL-7B-Instruct"


def test_an_adapter_on_a_local_base_serves_that(tmp_path):
    base = write_checkpoint(tmp_path / STORY, STORY)
    model = find_model(str(write_adapter(tmp_path / "lora", str(base))))
    assert (model.location, model.local, model.adapter is not None) == (str(base), True, True)


def test_an_adapter_whose_base_is_nowhere_says_so(tmp_path):
    folder = write_adapter(tmp_path / "lora", "/nowhere/mine")
    with pytest.raises(InputError) as caught:
        find_model(str(folder))
    assert caught.value.sentence == f"{folder} is a LoRA adapter and was trained on /nowhere/mine, which is not here"
    assert caught.value.hint == "give the base as --model and this folder as --adapters"


def test_adapters_of_the_command_line_are_read_and_the_largest_counts(tmp_path):
    small = write_adapter(tmp_path / "small", "x")
    large = write_adapter(tmp_path / "large", "x", rows=16)
    model = find_model(STORY, [f"one={small}", str(large)])
    assert model.adapter == Adapter("large", 16, 6400, str(large))


def test_a_folder_with_an_equals_sign_is_a_folder(tmp_path):
    folder = write_adapter(tmp_path / "lr=1e-4", "Qwen/Qwen2.5-VL-7B-Instruct")
    assert find_model(str(folder)).adapter == Adapter("lr=1e-4", 16, 3200, str(folder))


@pytest.mark.parametrize("word", ["nowhere", "name=nowhere"])
def test_an_adapter_that_is_not_there_is_refused(word):
    with pytest.raises(InputError, match="the adapter nowhere is not a folder"):
        find_model(STORY, [word])


def test_args_json_settles_the_type_of_a_trained_checkpoint(tmp_path):
    folder = write_checkpoint(tmp_path / "checkpoint-9", STORY)
    filled = {"model_type": "qwen2_5_vl", "template": "mimo_vl", "system": 'Say "hi"\n', "max_model_len": 8192}
    other = {"swift_version": "4.5.2", "rope_scaling": None, "lora_rank": 8}
    (folder / "args.json").write_text(json.dumps(filled | other))
    model = find_model(str(folder))
    assert (model.model_type, model.template, model.notes) == ("qwen2_5_vl", "mimo_vl", ())
    assert dict(model.swift_args) == filled | {"max_model_len": "8192"}


def test_model_types_from_before_4_0_are_not_taken_from_args_json(tmp_path):
    older = {"swift_version": "3.9.0", "model_type": "mimo_vl", "template": "mimo_vl"}
    folder = write_checkpoint(tmp_path / "checkpoint-9", STORY)
    (folder / "args.json").write_text(json.dumps(older))
    model = find_model(str(folder))
    assert (model.model_type, model.template) == ("qwen2_5_vl", "mimo_vl")


def planned_with(*adapters: str) -> Plan:
    return plan(replace(problem(), model=find_model(STORY, adapters)))


def test_a_plan_serves_all_adapters_by_the_words_they_were_given_in(tmp_path):
    words = (f"one={write_adapter(tmp_path / 'small', 'x')}", str(write_adapter(tmp_path / "large", "x", rows=16)))
    flag = planned_with(*words).config().flag("adapters")
    assert flag is not None
    assert flag.words == words


def test_a_plan_has_room_for_adapters_and_tells_vllm_their_rank(tmp_path):
    folder = str(write_adapter(tmp_path / "small", "x"))
    made, without = planned_with(folder), planned_with()
    assert (setting(made, "vllm_max_lora_rank"), made.memory.term("lora buffers") is not None) == (None, True)
    assert (setting(without, "adapters"), without.memory.term("lora buffers")) == (None, None)
    (tmp_path / "small" / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 40}))
    assert setting(planned_with(folder), "vllm_max_lora_rank") == "64"

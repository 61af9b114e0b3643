"""An existing command on a model and cards: what is known of it, and what a workload makes of it."""

from dataclasses import replace

import pytest

from swiftcfg.config import DeployConfig, Flag, Unknown
from swiftcfg.deployment import account, deployment_of, named_model, unnamed
from swiftcfg.detect import read_catalog
from tests.planning import gpus, problem, workload

STORY = problem()
COMMAND = DeployConfig(
    (("MAX_PIXELS", "1003520"),),
    (Flag("model", ("Qwen/Qwen2.5-VL-7B-Instruct",)), Flag("infer_backend", ("vllm",))),
)


def deployed(config=COMMAND, gpu="H100-80GB", runtime=STORY.runtime):
    return deployment_of(config, STORY.model, gpus(gpu), runtime, read_catalog(runtime.ms_swift))


def test_a_workload_with_images_of_unknown_size_has_no_verdict():
    unsure = deployed(runtime=replace(STORY.runtime, qwen_vl_utils=None))
    plan = account(unsure, STORY.workload)
    assert plan.verdict == "unknown"
    assert any("not known" in note for note in unsure.notes)
    assert account(unsure, workload(prompt_tokens=100)).verdict == "fits"


def test_a_workload_larger_than_the_context_does_not_fit():
    tight = replace(COMMAND, flags=(*COMMAND.flags, Flag("vllm_max_model_len", ("8192",))))
    plan = account(deployed(tight), STORY.workload)
    assert plan.verdict == "does-not-fit"
    assert any("the engine takes 8192" in reason for reason in plan.reasons)


def test_more_cards_than_there_are_do_not_fit_and_one_card_stands_for_all():
    two = replace(COMMAND, flags=(*COMMAND.flags, Flag("vllm_tensor_parallel_size", ("4",))))
    assert account(deployed(two, "2xH100-80GB")).verdict == "does-not-fit"
    stands = deployed(two, "H100-80GB")
    assert account(stands).verdict == "fits"
    assert stands.notes == ("the command uses 4 cards; each is taken to be a H100-80GB",)


NAMED = [
    ({"model": "Qwen/Qwen3-VL-8B-Instruct"}, "Qwen/Qwen3-VL-8B-Instruct"),
    ({"model_id_or_path": "/m", "model_type": "qwen2-vl-7b-instruct"}, "/m"),
    ({"ckpt_dir": "out/checkpoint-7"}, "out/checkpoint-7"),
    ({"adapters": "mine=out/checkpoint-7", "model_type": "qwen2_vl"}, "out/checkpoint-7"),
    ({"model_type": "qwen2-vl-7b-instruct"}, "qwen2-vl-7b-instruct"),
    ({"port": "8000"}, None),
    ({"model": Unknown("$MODEL")}, None),
]


@pytest.mark.parametrize(("flags", "name"), NAMED)
def test_the_model_is_what_names_it_best(flags, name):
    assert named_model(DeployConfig((), tuple(Flag(flag, (word,)) for flag, word in flags.items()))) == name


def test_a_model_that_is_not_named_is_told_as_far_as_it_is_written():
    assert unnamed(DeployConfig((), (Flag("port", ("8000",)),))) == "the command names no model"
    hidden = DeployConfig((), (Flag("model", (Unknown("$MODEL"),)),))
    assert unnamed(hidden) == "the model is $MODEL (--model), which only the shell that runs it knows"

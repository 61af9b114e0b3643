"""Without a workload a command is judged by the images that it lets in: one for sure, many at worst."""

import pytest

from swiftcfg.config import DeployConfig, Flag
from swiftcfg.deployment import account, deployment_of
from swiftcfg.detect import read_catalog
from swiftcfg.memory import Constraint
from tests.planning import problem


def verdict(model: str, gpu: str, vllm: str, *flags: tuple[str, str]) -> tuple[str, Constraint]:
    asked = problem(model, gpu, vllm=vllm, ms_swift="4.6.0")
    given = {"model": asked.model.location, "infer_backend": "vllm", **dict(flags)}
    config = DeployConfig((), tuple(Flag(name, (value,)) for name, value in given.items()))
    plan = account(deployment_of(config, asked.model, asked.gpus, asked.runtime, read_catalog(asked.runtime.ms_swift)))
    return plan.verdict, next(item for item in plan.constraints if item.name == "vision at run time")


def test_many_images_at_once_are_a_risk_and_no_certain_failure():
    """The encoder of 0.11 takes nine of the largest images in a step; a published server of this kind served."""
    found, vision = verdict(
        "Qwen3-VL-30B-A3B-Instruct", "4xRTX3090", "0.11.0",
        ("vllm_tensor_parallel_size", "4"), ("vllm_max_model_len", "65536"),
        ("vllm_engine_kwargs", '{"max_num_batched_tokens": 2048}'),
    )  # fmt: skip
    assert found == "tight"
    assert vision.likely_holds
    assert not vision.holds


@pytest.mark.parametrize(("share", "expected"), [("0.8", "fits"), ("0.94", "tight"), ("0.96", "does-not-fit")])
def test_an_image_that_alone_has_no_room_is_a_certain_failure(share, expected):
    found, vision = verdict(
        "Qwen2.5-VL-7B-Instruct", "L40S", "0.23.0",
        ("vllm_max_model_len", "32768"), ("vllm_gpu_memory_utilization", share),
        ("vllm_limit_mm_per_prompt", '{"image": 1, "video": 0}'),
        ("vllm_engine_kwargs", '{"skip_mm_profiling": true}'),
    )  # fmt: skip
    assert found == expected
    assert vision.likely_holds == (expected != "does-not-fit")

"""The limits that a plan writes reach vLLM's profile, in the spelling that each release reads."""

import json

import pytest

from swiftcfg.deployment import account, deployment_of
from swiftcfg.detect import read_catalog
from swiftcfg.engine import EngineSettings, MediaLimit
from swiftcfg.memory import encoder_cache, plan_memory, spelled_limit
from tests.planning import plan, problem, setting, workload

MAX_PIXELS, SIZE = "max_pixels", "size"
#: What from_pretrained of transformers 4 leaves where vLLM looks (huggingface/transformers#41955), by vLLM release.
READ = [
    ("0.8.5", "Qwen2.5-VL-7B-Instruct", [MAX_PIXELS]), ("0.10.2", "Qwen2-VL-7B-Instruct", [MAX_PIXELS]),
    ("0.11.0", "Qwen2.5-VL-7B-Instruct", [MAX_PIXELS]), ("0.11.0", "Qwen3-VL-8B-Instruct", [SIZE]),
    ("0.12.0", "Qwen3-VL-8B-Instruct", [SIZE]), ("0.13.0", "Qwen3-VL-8B-Instruct", [MAX_PIXELS, SIZE]),
    ("0.15.1", "Qwen2.5-VL-7B-Instruct", [MAX_PIXELS]), ("0.16.0", "Qwen2.5-VL-7B-Instruct", [SIZE]),
    ("0.16.0", "Qwen3-VL-8B-Instruct", [SIZE]), ("0.17.1", "Qwen3-VL-8B-Instruct", [MAX_PIXELS, SIZE]),
    ("0.32.0", "Qwen2.5-VL-7B-Instruct", [MAX_PIXELS, SIZE]),
]  # fmt: skip
IMAGES_ONLY = {"image": MediaLimit(1), "video": MediaLimit(0)}


def settings(**kwargs: object):
    return EngineSettings(backend="vllm", max_model_len=8192, media_limits=IMAGES_ONLY, processor_kwargs=kwargs)


@pytest.mark.parametrize(("vllm", "model", "read"), READ)
def test_a_limit_changes_the_profile_only_by_the_key_that_the_release_reads(vllm, model, read):
    asked = problem(model, vllm=vllm, ms_swift="4.6.0")
    pixels = 1024 * asked.model.vision.factor**2
    spellings = {MAX_PIXELS: pixels, SIZE: {"shortest_edge": 3136, "longest_edge": pixels}}
    for key, value in spellings.items():
        plan = plan_memory(asked.model, asked.gpus[0], asked.runtime, settings(**{key: value}))
        assert plan.profiled_item.tokens_per_item == (1024 if key in read else 16384)
        assert any("do not reach the profile" in note for note in plan.notes) == (key not in read)


@pytest.mark.parametrize(("vllm", "model", "read"), READ)
def test_a_limit_is_spelt_so_that_it_is_read(vllm, model, read):
    asked = problem(model, vllm=vllm, ms_swift="4.6.0")
    spelt = spelled_limit(asked.model, asked.gpus[0], asked.runtime, 1024 * asked.model.vision.factor**2)
    assert list(spelt) == read[:1]
    assert encoder_cache(asked.model, asked.gpus[0], asked.runtime, settings(**spelt)) < 16384


@pytest.mark.parametrize("vllm", ["0.11.0", "0.12.0", "0.13.0", "0.16.0", "0.18.0", "0.23.0", "0.32.0"])
@pytest.mark.parametrize("model", ["Qwen2.5-VL-7B-Instruct", "Qwen3-VL-8B-Instruct"])
def test_a_plan_for_images_profiles_no_more_than_they_need(vllm, model):
    made = plan(problem(model, "48GiB", "gui-grounding-1080p", vllm=vllm))
    largest = max(item.tokens for item in made.items)
    assert made.memory.encoder_cache_tokens <= max(made.memory.max_num_batched_tokens, largest * 1.1)


def test_videos_are_not_shrunk_again_by_the_limit_of_the_profile():
    """Before ms-swift 4.0.3 the processor inside vLLM resizes by the limits that are meant for the profile."""
    asked = problem("Qwen3-VL-8B-Instruct", "80GiB", "short-clips", ms_swift="4.0.2", vllm="0.16.0")
    assert setting(plan(asked), "vllm_engine_kwargs") is None
    clips = workload(videos={"per_request": 1, "clips": ["1920x1080@30fps,10s"]}, prompt_tokens=100)
    asked = problem("Qwen2.5-VL-7B-Instruct", "80GiB", clips, ms_swift="4.0.2", vllm="0.15.1")
    made = plan(asked)
    keywords = json.loads(setting(made, "vllm_engine_kwargs"))
    assert keywords["mm_processor_kwargs"]["max_pixels"] >= made.items[0].resized[0] * made.items[0].resized[1]


def test_a_long_video_is_drawn_in_frames_instead_of_widening_the_language_models_batch():
    made = plan(problem("Qwen2.5-VL-7B-Instruct", "80GiB", "long-video"))
    assert made.memory.profiled_item.frames == 14
    assert "max_num_batched_tokens" not in (setting(made, "vllm_engine_kwargs") or "")


def test_before_engine_keywords_a_longer_context_lets_large_videos_in():
    clips = workload(
        images={"per_request": 7, "sizes": ["1280x720"]},
        videos={"per_request": 1, "clips": ["1920x1080@25fps,60s"], "max_frames": 128},
    )
    made = plan(problem(profile=clips, ms_swift="3.6.4", vllm="0.9.2", qwen_vl_utils="0.0.11"))
    video = made.items[1]
    assert made.memory.encoder_cache_tokens >= video.tokens == 43200
    assert "draw" in next(item.reason for item in made.settings if item.name == "max_model_len")


def test_more_requests_than_tokens_in_a_step_get_a_wider_step():
    asked = workload(images={"per_request": 1, "sizes": ["56x56"]}, prompt_tokens=5, answer_tokens=5,
                     concurrent_requests=3000)  # fmt: skip
    made = plan(problem("Qwen2-VL-2B-Instruct", "H200", asked))
    assert json.loads(setting(made, "vllm_engine_kwargs"))["max_num_batched_tokens"] == 3072
    narrow = EngineSettings(backend="vllm", max_num_seqs=3000, max_model_len=256, media_limits=IMAGES_ONLY)
    refused = plan_memory(made.model, made.gpus[0], made.runtime, narrow)
    assert refused.verdict == "does-not-fit"
    assert "max_num_seqs 3000" in refused.reasons[0]


@pytest.mark.parametrize(
    ("ms_swift", "vllm", "utils"),
    [("3.3.0", "0.8.5", "0.0.8"), ("3.6.4", "0.9.2", "0.0.11"), ("3.12.0", "0.12.0", "0.0.14"),
     ("4.6.0", "0.32.0", "0.0.14")],
)  # fmt: skip
def test_a_plan_for_long_videos_read_back_as_a_command_still_fits(ms_swift, vllm, utils):
    versions = {"ms_swift": ms_swift, "vllm": vllm, "qwen_vl_utils": utils}
    asked = problem("Qwen2.5-VL-7B-Instruct-AWQ", "A100-40GB", "long-video", **versions)
    made = plan(asked)
    again = account(
        deployment_of(made.config(), asked.model, made.gpus, asked.runtime, read_catalog(asked.runtime.ms_swift)),
        asked.workload,
    )
    assert again.verdict == "fits"
    assert again.kv_cache_bytes == made.memory.kv_cache_bytes

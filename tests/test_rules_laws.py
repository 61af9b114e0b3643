"""Laws of the rules on images, budgets and memory: they judge any numbers, and agree with the account of the memory."""

import shlex
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rule_facts import Surroundings, facts_of

from swiftcfg.facts import Facts
from swiftcfg.media import Clip, Size
from swiftcfg.rules import all_rules
from swiftcfg.validate import Reported, validate
from swiftcfg.workload import workload_of

RULES = [rule for rule in all_rules() if rule.code[:3] in ("VIS", "BUD", "MEM")]

NUMBERS = st.sampled_from(
    ["0", "1", "3", "16", "256", "1280", "8192", "32768", "131072", "1003520", "12845056", "-1", "1e6", "x", "9" * 5000]
)
VARIABLES = st.sampled_from(
    ["MAX_PIXELS", "MIN_PIXELS", "IMAGE_MAX_TOKEN_NUM", "VIDEO_MAX_PIXELS", "VIDEO_MIN_PIXELS", "MODEL_SEQ_LEN",
     "FPS", "FPS_MAX_FRAMES", "FPS_MIN_FRAMES", "FRAME_FACTOR", "SPATIAL_MERGE_SIZE", "VLLM_USE_V1"]
)  # fmt: skip
FLAGS = st.sampled_from(
    ["vllm_max_model_len", "vllm_max_num_seqs", "max_new_tokens", "max_pixels", "vllm_tensor_parallel_size"]
)
LIMITS = st.sampled_from(['{"image": 5}', '{"image": 5, "video": 0}', '{"video": 2}', "5", "[1]"])
KEYWORDS = st.sampled_from(
    ['{"mm_processor_kwargs": {"max_pixels": 1003520}}', '{"max_num_batched_tokens": 8192}',
     '{"skip_mm_profiling": true}', '{"kv_cache_memory_bytes": 4294967296}', '{"mm_processor_kwargs": 5}']
)  # fmt: skip
SHARES = st.sampled_from(["0.05", "0.2", "0.5", "0.8", "0.9", "0.95", "0.98", "1"])
MODELS = st.sampled_from(
    ["Qwen/Qwen2.5-VL-7B-Instruct", "Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen2.5-7B-Instruct", "x/unknown-72B"]
)
AROUND = st.builds(
    Surroundings,
    ms_swift=st.sampled_from(["4.6.0", "4.0.0", "3.12.0", "3.7.0", "3.2.0"]),
    gpu=st.sampled_from([None, "L4", "RTX-4090", "H100-80GB", "2xA100-80GB", "1GiB", "H100-80GB,used=12GiB"]),
    profile=st.sampled_from(
        [None, "gui-grounding-1080p", "chat-images-videos", "long-video", "document-ocr-a4-200dpi"]
    ),
)


@st.composite
def scripts(draw: st.DrawFn) -> str:
    """A call with any numbers in it."""
    words = [f"{name}={value}" for name, value in draw(st.dictionaries(VARIABLES, NUMBERS, max_size=4)).items()]
    backend = draw(st.sampled_from(["vllm", "vllm", "vllm", "transformers", "lmdeploy", "sglang"]))
    words += ["swift", "deploy", "--model", draw(MODELS), "--infer_backend", backend]
    for flag, value in draw(st.dictionaries(FLAGS, NUMBERS, max_size=4)).items():
        words += [f"--{flag}", value]
    optional = {
        "vllm_gpu_memory_utilization": SHARES, "vllm_limit_mm_per_prompt": LIMITS, "vllm_engine_kwargs": KEYWORDS
    }  # fmt: skip
    for flag, values in optional.items():
        value = draw(st.none() | values)
        words += [f"--{flag}", value] if value else []
    return shlex.join(words) + "\n"


def judged(script: str, around: Surroundings) -> Iterator[tuple[Facts, list[Reported]]]:
    for facts in facts_of(script, around):
        yield facts, list(validate(facts, RULES).findings)


@settings(max_examples=300)
@given(scripts(), AROUND)
def test_any_numbers_are_judged_in_one_short_line(script: str, around: Surroundings):
    for _, found in judged(script, around):
        for one in found:
            assert "\n" not in one.finding.message
            assert len(one.finding.message) < 800, one.rule.code
            assert one.finding.fix is None or one.finding.fix.changes


#: Which rule speaks of a limit of the account. Requests that wait for each other are no error.
SPEAKERS = {
    "start check": "MEM002", "budget": "MEM003", "one whole request": "MEM004", "kv cache": "MEM005",
    "outside the budget": "MEM006", "vision at run time": "MEM007", "memory": "MEM008",
    "context": "BUD001", "encoder cache": "BUD008", "batch": "BUD009",
}  # fmt: skip
#: Those and the one that explains several of them.
ON_MEMORY = {*SPEAKERS.values(), "MEM001"}


@settings(max_examples=200)
@given(scripts(), AROUND.filter(lambda around: around.gpu is not None))
def test_what_does_not_fit_is_said_and_what_fits_is_not(script: str, around: Surroundings):
    for facts, found in judged(script, around):
        if facts.memory is None or facts.settings.backend != "vllm" or facts.limits is None:
            continue
        codes = {one.rule.code for one in found} & ON_MEMORY
        broken = [item.name for item in facts.memory.constraints if not item.likely_holds]
        if broken:
            assert codes, facts.memory.reasons
        if facts.memory.verdict == "fits":
            assert codes <= {"BUD001", "BUD008"}, codes


def test_every_limit_of_an_account_has_a_rule_that_speaks_of_it():
    script = "swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm\n"
    around = Surroundings(gpu="H100-80GB", profile="gui-grounding-1080p")
    (facts,) = facts_of(script, around)
    assert facts.memory is not None
    assert {item.name for item in facts.memory.constraints} <= SPEAKERS.keys()
    assert {rule.code for rule in RULES} >= ON_MEMORY


@pytest.mark.parametrize(
    ("task", "pixels", "severity"),
    [("grounding", 602112, "warning"), ("photo", 602112, "info"), ("grounding", 1605632, "info")],
)
def test_a_workload_without_a_limit_on_shrinking_minds_only_what_costs_boxes_or_text(
    task: str, pixels: int, severity: str
):
    script = f"MAX_PIXELS={pixels} swift deploy --model Qwen/Qwen2.5-VL-7B-Instruct --infer_backend vllm\n"
    data = {"name": "screens", "task": task, "images": {"per_request": 1, "sizes": ["1920x1080"]}}
    (facts,) = facts_of(script, Surroundings())
    workload = workload_of(data)
    sizes = tuple(size for size, _ in workload.image_sizes())
    found = validate(replace(facts, workload=workload, sizes=sizes), RULES).findings
    assert [one.severity for one in found if one.rule.code == "VIS003"] == [severity]


@pytest.mark.parametrize("release", ["4.0.0", "4.6.0"])
@pytest.mark.parametrize("model", ["Qwen/Qwen2.5-VL-7B-Instruct", "Qwen/Qwen3-VL-8B-Instruct"])
@given(seconds=st.integers(2, 600), width=st.integers(56, 4000), height=st.integers(56, 4000))
def test_no_frame_has_more_pixels_than_are_planned_for(release: str, model: str, seconds: int, width: int, height: int):
    assume(max(width, height) < 20 * min(width, height))  # of narrow ones a side of one token is left in any case
    (facts,) = facts_of(f"swift deploy --model {model} --infer_backend vllm\n", Surroundings(ms_swift=release))
    assert facts.limits is not None
    video = facts.limits.video(Clip(Size(width, height), 30.0, float(seconds)))
    assert video.resized.pixels <= facts.limits.frame_cap(video.frames)

"""Laws of the memory account: it never breaks, its bounds are ordered, and more memory never serves less."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from memory_cases import QWEN3_VL_8B, QWEN25_VL_7B, card, model, plan, runtime, settings

from swiftcfg.engine import MediaLimit
from swiftcfg.memory import Demand, judge, plan_memory
from swiftcfg.units import GIB

NAMES = (
    QWEN25_VL_7B,
    QWEN3_VL_8B,
    "Qwen/Qwen2-VL-7B-Instruct-AWQ",
    "Qwen/Qwen3-VL-30B-A3B-Instruct-FP8",
    "Qwen/Qwen3-8B",
)
VERSIONS = ("0.7.3", "0.8.5", "0.9.2", "0.10.2", "0.11.0", "0.12.0", "0.14.0", "0.16.0", "0.20.0", "0.23.0", "0.32.0")

names, versions = st.sampled_from(NAMES), st.sampled_from(VERSIONS)
sizes = st.floats(4, 200).map(lambda gib: round(gib, 2))
limits = st.builds(
    MediaLimit, st.sampled_from([0, 1, 5, 999]), st.sampled_from([None, 28, 1000]), st.sampled_from([None, 5000])
)
wishes = st.fixed_dictionaries(
    {
        "backend": st.sampled_from(["vllm", "transformers", "sglang", "lmdeploy"]),
        "tensor_parallel_size": st.sampled_from([1, 2, 4, 8]),
        "gpu_memory_utilization": st.sampled_from([None, 0.3, 0.9, 1.0]),
        "max_model_len": st.sampled_from([None, 1, 15, 4096, 40000, 262144]),
        "max_num_seqs": st.sampled_from([None, 1, 7, 1024]),
        "max_num_batched_tokens": st.sampled_from([None, 1, 2048, 65536]),
        "media_limits": st.dictionaries(st.sampled_from(["image", "video"]), limits),
        "processor_kwargs": st.sampled_from([{}, {"max_pixels": 1}, {"max_pixels": 1003520}, {"size": None}]),
        "enforce_eager": st.booleans(),
        "kv_cache_dtype": st.sampled_from(["auto", "fp8_e4m3"]),
        "enable_lora": st.booleans(),
        "mm_encoder_tp_mode": st.sampled_from(["weights", "data"]),
        "skip_mm_profiling": st.booleans(),
        "attn_impl": st.sampled_from([None, "eager", "flash_attn"]),
    }
)
demands = st.none() | st.builds(
    Demand,
    st.integers(1, 300000),
    st.integers(1, 64),
    st.dictionaries(st.sampled_from(["image", "video"]), st.integers(0, 20000)),
    st.integers(0, 40000),
)


@given(names, versions, sizes, wishes, demands)
@examples(max_examples=150, deadline=None)
def test_any_settings_give_a_plan_that_says_why(name, vllm, gib, wished, demand):
    one = plan_memory(model(name), card(gib), runtime(vllm), settings(**wished), demand)
    assert one.verdict in ("fits", "tight", "does-not-fit", "unknown")
    assert one.reasons
    assert one.kv_cache_tokens is None or one.kv_cache_tokens.low >= 0


@given(names, versions, sizes, st.floats(0, 40), wishes, demands)
@examples(max_examples=100, deadline=None)
def test_more_memory_never_holds_less(name, vllm, gib, extra, wished, demand):  # noqa: PLR0917
    if wished["backend"] != "vllm":
        return
    small, large = (
        plan_memory(model(name), card(size), runtime(vllm), settings(**wished), demand) for size in (gib, gib + extra)
    )
    for less, more in zip(small.constraints, large.constraints, strict=True):
        assert (less.name, less.margin <= more.margin) == (more.name, True)
    if small.kv_cache_tokens is not None:
        assert small.kv_cache_tokens.low <= large.kv_cache_tokens.low


@given(names, versions, st.integers(1, 40), wishes)
@examples(max_examples=60, deadline=None)
def test_what_other_processes_hold_never_helps(name, vllm, used, wished):
    free, shared = (
        plan_memory(model(name), card(80, used=held * GIB), runtime(vllm), settings(**wished)) for held in (0, used)
    )
    for alone, beside in zip(free.constraints, shared.constraints, strict=True):
        assert alone.margin >= beside.margin


@given(st.sampled_from(NAMES[:2]), versions, st.integers(1, 2000), st.integers(0, 2000))
@examples(max_examples=60, deadline=None)
def test_a_larger_largest_image_never_leaves_more_for_the_cache(name, vllm, units, more):
    grid = model(name).vision.factor ** 2
    pools = [
        plan(name, vllm=vllm, max_num_batched_tokens=2048, max_num_seqs=1, media={"video": 0, "image": 1},
             processor_kwargs={"max_pixels": count * 4 * grid}).kv_cache_bytes.high
        for count in (units * units, (units + more) ** 2)
    ]  # fmt: skip
    assert pools[0] >= pools[1] or units**2 * 4 < 2048


@given(names, versions, st.integers(1, 100000), st.integers(1, 32), st.integers(0, 5000), st.integers(0, 32))
@examples(max_examples=60, deadline=None)
def test_a_larger_demand_never_has_a_larger_margin(name, vllm, tokens, at_once, more, more_at_once):  # noqa: PLR0917
    one = plan(name, vllm=vllm)
    small = judge(one, Demand(tokens, at_once, {"image": 500}, 500))
    large = judge(one, Demand(tokens + more, at_once + more_at_once, {"image": 500 + more}, 500 + more))
    for mild, harsh in zip(small.constraints, large.constraints, strict=True):
        assert mild.margin >= harsh.margin


@pytest.mark.parametrize("vllm", VERSIONS)
def test_a_plan_takes_well_under_a_millisecond(vllm):
    case = (model(QWEN3_VL_8B), card(), runtime(vllm), settings(), Demand(4096, 8, {"image": 1280}, 1280))
    plan_memory(*case)
    spent = []
    for length in range(8192, 8192 + 30):
        start = time.perf_counter()
        plan_memory(case[0], case[1], case[2], replace(case[3], max_model_len=length), case[4])
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.001

"""The memory account of vLLM: which rule holds in which version, and what a change of settings does."""

from dataclasses import replace

import pytest
from memory_cases import QWEN3_VL_8B, QWEN25_VL_7B, best, card, model, plan, runtime, settings

from swiftcfg.engine import MediaLimit
from swiftcfg.memory import Demand, plan_memory
from swiftcfg.units import GIB, Range


@pytest.mark.parametrize(
    ("vllm", "length", "media", "expected"),
    [
        # counted for max_model_len less an image, drawn for max_num_batched_tokens (5120 under ms-swift)
        ("0.8.5", 128000, {}, ("video", 1, 98304, 16384)),
        ("0.9.2", 32768, {}, ("image", 1, 16384, 16384)),
        ("0.10.2", 128000, {}, ("video", 1, 114688, 16384)),
        # drawn as counted
        ("0.11.0", 128000, {}, ("video", 1, 114688, 114688)),
        ("0.23.0", 128000, {}, ("video", 1, 114688, 114688)),
        ("0.23.0", 32768, {}, ("video", 1, 32768, 32768)),
        ("0.23.0", 128000, {"video": 0}, ("image", 1, 16384, 16384)),
        ("0.23.0", 128000, {"image": 0}, ("video", 1, 114688, 114688)),
        # a tie goes to the image first, to the video later
        ("0.16.0", 8192, {}, ("image", 1, 16384, 16384)),
        ("0.17.1", 8192, {}, ("video", 1, 16384, 16384)),
    ],
)
def test_qwen25_vl_is_profiled_with(vllm, length, media, expected):
    item = plan(QWEN25_VL_7B, vllm=vllm, max_model_len=length, media=media).profiled_item
    assert (item.modality, item.items, item.tokens_per_item, item.dummy_tokens) == expected


@pytest.mark.parametrize(
    ("vllm", "length", "media", "expected"),
    [
        ("0.11.0", 32768, {}, ("video", 1, 153600, 12288)),
        ("0.12.0", 32768, {}, ("video", 1, 153600, 12288)),
        ("0.11.0", 32768, {"video": 0}, ("image", 1, 16384, 16384)),
        ("0.13.0", 32768, {}, ("image", 1, 16384, 16384)),
        ("0.16.0", 32768, {}, ("image", 1, 16384, 16384)),
        ("0.32.0", 32768, {"image": 0}, ("video", 1, 12288, 12288)),
    ],
)
def test_qwen3_vl_is_profiled_with(vllm, length, media, expected):
    item = plan(QWEN3_VL_8B, vllm=vllm, max_model_len=length, media=media).profiled_item
    assert (item.modality, item.items, item.tokens_per_item, item.dummy_tokens) == expected


@pytest.mark.parametrize(
    ("vllm", "expected"), [("0.10.2", (4, 980, 1225)), ("0.23.0", (6, 1280, 1280))], ids=["square", "exact"]
)
def test_engine_level_max_pixels_sets_the_image_and_how_many_fit(vllm, expected):
    _, _, tokens = expected
    item = plan(
        vllm=vllm, max_num_batched_tokens=8192, media={"video": 0}, processor_kwargs={"max_pixels": 1003520}
    ).profiled_item
    assert item.tokens_per_item == tokens
    assert item.items == 8192 // tokens


def test_the_tokens_of_max_pixels_reach_the_profile_through_size_and_images_kwargs_too():
    shapes = ({"max_pixels": 1003520}, {"size": {"longest_edge": 1003520}}, {"images_kwargs": {"max_pixels": 1003520}})
    plans = [plan(media={"video": 0}, processor_kwargs=shape) for shape in shapes]
    assert {one.profiled_item.tokens_per_item for one in plans} == {1280}


@pytest.mark.parametrize(("vllm", "drawn"), [("0.11.0", 16384), ("0.12.0", 1024)])
def test_width_and_height_shrink_only_the_picture_and_only_since_0_12(vllm, drawn):
    limits = {"image": MediaLimit(4, 896, 896), "video": MediaLimit(0)}
    one = plan_memory(model(QWEN25_VL_7B), card(), runtime(vllm), replace(settings(), media_limits=limits))
    assert (one.profiled_item.tokens_per_item, one.profiled_item.dummy_tokens) == (16384, drawn)
    assert one.encoder_cache_tokens == 16384


def test_without_any_media_nothing_is_profiled():
    one = plan(media={"image": 0, "video": 0})
    assert one.profiled_item is None
    assert one.term("vision tower") is None


def test_skip_mm_profiling_leaves_the_tower_out_and_says_so():
    one = plan(skip_mm_profiling=True)
    assert one.profiled_item is None
    assert any("skip_mm_profiling" in note for note in one.notes)


@pytest.mark.parametrize(
    ("vllm", "name", "tokens"),
    [
        ("0.8.5", QWEN25_VL_7B, 5120),
        ("0.11.0", QWEN25_VL_7B, 5120),
        ("0.11.2", QWEN25_VL_7B, 2048),
        ("0.32.0", QWEN25_VL_7B, 2048),
        ("0.10.2", "Qwen/Qwen3-8B", 2048),
    ],
)
def test_under_ms_swift_the_batch_is_what_vllm_takes_for_an_engine_of_a_program(vllm, name, tokens):
    one = plan(name, vllm=vllm)
    assert (one.max_num_batched_tokens, one.max_num_seqs) == (tokens, 256)


@pytest.mark.parametrize(
    ("gpu", "vllm", "expected"),
    [
        (card(79.2, name="NVIDIA H100 80GB HBM3"), "0.13.0", (8192, 1024)),
        (card(79.2, name="NVIDIA A100-SXM4-80GB"), "0.13.0", (2048, 256)),
        (card(79.2, name="NVIDIA A100-SXM4-80GB"), "0.8.5", (8192, 1024)),
        (card(23.5), "0.13.0", (2048, 256)),
        (card(178), "0.26.0", (8192, 1024)),
        (card(178), "0.32.0", (16384, 1024)),
    ],
)
def test_vllm_serve_takes_its_batch_from_the_card(gpu, vllm, expected):
    one = plan("Qwen/Qwen3-8B", gpu=gpu, vllm=vllm, server="vllm")
    assert (one.max_num_batched_tokens, one.max_num_seqs) == expected


@pytest.mark.parametrize(
    ("server", "vllm", "share"), [("swift", "0.32.0", 0.9), ("vllm", "0.19.0", 0.9), ("vllm", "0.20.0", 0.92)]
)
def test_the_share_of_the_card_where_none_is_given(server, vllm, share):
    assert plan(server=server, vllm=vllm).budget.best == -(-round(80 * GIB * share * 1000) // 1000)


@pytest.mark.parametrize(
    ("vllm", "context", "nccl", "graphs", "checked"),
    [
        ("0.8.5", True, True, False, False),
        ("0.9.0.1", True, True, False, False),
        ("0.9.1", False, True, False, True),
        ("0.10.2", False, True, False, True),
        ("0.11.0", False, False, False, True),
        ("0.19.0", False, False, False, True),
        ("0.20.0", False, False, True, True),
        ("0.32.0", False, False, True, True),
    ],
)
def test_what_is_inside_the_budget_depends_on_the_version(vllm, context, nccl, graphs, checked):
    one = plan(vllm=vllm, tensor_parallel_size=2)
    inside = tuple(one.term(name).inside_budget for name in ("cuda context", "nccl", "cuda graphs"))
    assert inside == (context, nccl, graphs)
    assert (one.start_check is not None) == checked


@pytest.mark.parametrize(
    ("vllm", "capability", "use_v1", "v0"),
    [
        ("0.7.3", (9, 0), None, True),
        ("0.8.5", (9, 0), None, False),
        ("0.8.5", (7, 5), None, True),
        ("0.8.5", (9, 0), False, True),
        ("0.9.2", (7, 5), None, True),
        ("0.10.2", (7, 5), None, False),
        ("0.11.0", (7, 5), False, False),
    ],
)
def test_the_old_engine_serves_old_versions_and_old_cards(vllm, capability, use_v1, v0):
    one = plan("Qwen/Qwen3-8B", gpu=card(capability=capability), vllm=vllm, use_v1=use_v1, max_model_len=16384)
    assert (one.max_num_batched_tokens == 16384) == v0


def test_other_processes_are_charged_to_the_engine_before_0_9_2_only():
    before, after = (plan(gpu=card(used=4 * GIB), vllm=vllm) for vllm in ("0.8.5", "0.9.2"))
    assert before.term("other processes").inside_budget
    assert after.term("other processes") is None


def test_the_pool_is_the_budget_less_what_is_inside_it():
    one = plan()
    inside = [term for term in one.terms if term.inside_budget and term.part_of is None and term.name != "kv cache"]
    assert one.kv_cache_bytes.best == one.budget.best - sum(term.amount.best for term in inside)
    assert one.kv_cache_bytes.low == one.budget.low - sum(term.amount.high for term in inside)


def test_the_peak_is_the_largest_part_not_their_sum():
    one = plan(max_model_len=8192)
    tower, kept = best(one, "vision tower"), best(one, "encoder outputs")
    assert best(one, "peak activation") == max(tower, kept + max(best(one, "language model"), best(one, "sampler")))


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        (QWEN25_VL_7B, {}, 57344),
        (QWEN25_VL_7B, {"kv_cache_dtype": "fp8"}, 28672),
        (QWEN25_VL_7B, {"tensor_parallel_size": 4}, 14336),
        (QWEN25_VL_7B, {"tensor_parallel_size": 8}, 14336),
        (QWEN25_VL_7B, {"pipeline_parallel_size": 2}, 28672),
        ("Qwen/Qwen3-VL-30B-A3B-Instruct", {}, 98304),
    ],
)
def test_bytes_of_a_token(name, given, expected):
    assert plan(name, **given).kv_bytes_per_token == expected


def test_tokens_come_in_whole_blocks():
    one = plan()
    assert one.kv_cache_tokens.best == one.kv_cache_bytes.best // (57344 * 16) * 16


def test_a_given_pool_replaces_the_budget_but_not_the_start_check():
    one = plan(kv_cache_memory=10 * GIB)
    assert one.kv_cache_bytes == Range.exactly(10 * GIB)
    assert one.start_check.requested.best == plan().start_check.requested.best


def test_a_hybrid_model_has_a_pool_but_no_tokens_and_no_verdict():
    hybrid = replace(model("Qwen/Qwen3-8B"), text=replace(model("Qwen/Qwen3-8B").text, kv_kind="hybrid"))
    one = plan_memory(hybrid, card(), runtime(), settings())
    assert (one.verdict, one.kv_cache_tokens, one.kv_bytes_per_token) == ("unknown", None, None)
    assert one.kv_cache_bytes is not None


def test_an_mla_model_keeps_one_vector_per_layer_on_every_rank():
    text = replace(model("Qwen/Qwen3-8B").text, kv_kind="mla", layers=61)
    one = plan_memory(replace(model("Qwen/Qwen3-8B"), text=text), card(), runtime(), settings(tensor_parallel_size=8))
    assert one.kv_bytes_per_token == 70272


def test_a_model_of_unknown_weights_is_judged_unknown():
    one = plan_memory(replace(model(QWEN25_VL_7B), weights=None), card(), runtime(), settings())
    assert (one.verdict, one.kv_cache_bytes) == ("unknown", None)


@pytest.mark.parametrize("backend", ["vllm", "transformers", "lmdeploy", "sglang"])
def test_a_model_whose_vision_part_is_of_an_unknown_kind_is_judged_unknown(backend):
    one = plan_memory(replace(model("Qwen/Qwen3-8B"), sees=True), card(), runtime(), settings(backend=backend))
    assert (one.verdict, one.reasons) == (
        "unknown",
        ("what images take is not known: the vision part is of a kind that is not",),
    )


def test_without_a_version_of_vllm_the_numbers_are_shown_but_not_judged():
    one = plan_memory(model(QWEN25_VL_7B), card(), replace(runtime(), vllm=None), settings())
    assert (one.verdict, one.kv_bytes_per_token) == ("unknown", 57344)


def test_a_tower_that_the_version_does_not_have_is_judged_unknown():
    assert plan(QWEN3_VL_8B, vllm="0.10.2").verdict == "unknown"


def test_enforce_eager_captures_no_graphs():
    assert best(plan(enforce_eager=True), "cuda graphs") == 0


def test_more_adapters_take_more_buffers():
    one, more = (plan(enable_lora=True, max_lora_rank=rank) for rank in (16, 64))
    assert 0 < best(one, "lora buffers") < best(more, "lora buffers")


def test_weights_of_a_rank_add_up_to_the_model_and_its_copies():
    whole, half = (best(plan(tensor_parallel_size=ranks), "weights") for ranks in (1, 2))
    assert whole / 2 < half < whole / 2 * 1.02


def test_quantising_at_load_halves_the_linear_layers_only():
    whole, fp8 = best(plan(), "weights"), best(plan(quantization="fp8"), "weights")
    assert whole / 2 < fp8 < whole * 0.6


@pytest.mark.parametrize(
    ("vllm", "words"), [("0.33.0", "newer than the newest"), ("0.6.3", "older than the oldest"), ("0.20.1", None)]
)
def test_a_version_that_was_not_read_is_noted(vllm, words):
    notes = " ".join(plan(vllm=vllm).notes)
    assert (words in notes) if words else ("version read" not in notes)


@pytest.mark.parametrize(
    ("gib", "share", "length", "verdict", "binding"),
    [
        (80, 0.9, 16384, "fits", None),
        (24, 0.9, 128000, "does-not-fit", "one whole request"),
        (16, 0.9, 16384, "does-not-fit", "budget"),
        (80, 0.995, 16384, "does-not-fit", "start check"),
    ],
)
def test_verdicts(gib, share, length, verdict, binding):
    one = plan(gpu=card(gib), gpu_memory_utilization=share, max_model_len=length, media={"video": 0})
    assert one.verdict == verdict
    if binding:
        assert binding in [item.name for item in one.constraints if not item.likely_holds]


DEMAND = Demand(4096, 8, {"image": 1280}, 2560)


def test_a_demand_adds_its_limits_with_margins():
    one = plan(max_model_len=8192, demand=DEMAND)
    margins = {item.name: item.margin for item in one.constraints}
    assert margins["context"] == 8192 - 4096
    assert margins["kv cache"] == one.kv_cache_tokens.low - 8 * 4096
    assert margins["encoder cache"] == one.encoder_cache_tokens - 1280
    assert one.requests_at_once.best == min(256, one.kv_cache_tokens.best // 4096)
    assert one.verdict == "fits"


def test_an_item_larger_than_the_encoder_cache_does_not_fit():
    one = plan(
        media={"video": 0},
        processor_kwargs={"max_pixels": 1003520},
        demand=replace(DEMAND, largest_item_tokens={"image": 4000}),
    )
    assert one.verdict == "does-not-fit"
    assert "the largest item has 4000 tokens, the encoder cache holds 2048" in one.reasons


def test_real_items_larger_than_the_profiled_ones_take_memory_outside_the_budget():
    demand = Demand(20000, 1, {"image": 16384}, 16384)
    profiled = plan(media={"video": 0}, demand=demand)
    drawn = plan_memory(
        model(QWEN25_VL_7B), card(), runtime(),
        replace(settings(), media_limits={"image": MediaLimit(1, 448, 448), "video": MediaLimit(0)}), demand,
    )  # fmt: skip
    small, large = (
        next(item for item in one.constraints if item.name == "vision at run time") for one in (drawn, profiled)
    )
    assert small.likely_margin < large.likely_margin - GIB


def test_one_rank_of_several_needs_less_than_the_whole():
    one, four = (
        plan("Qwen/Qwen2.5-VL-72B-Instruct", tensor_parallel_size=ranks, max_model_len=8192) for ranks in (1, 4)
    )
    assert (one.verdict, four.verdict) == ("does-not-fit", "fits")


def test_every_term_has_a_source():
    assert [term.name for term in plan(tensor_parallel_size=2, enable_lora=True).terms if not term.source] == []

"""The other engines: transformers counts a request, SGLang and LMDeploy a fraction; and the rests of large blocks."""

import pytest
from memory_cases import QWEN25_VL_7B, best, card, model, plan, runtime, settings

from swiftcfg.memory import Demand, plan_memory
from swiftcfg.memory.allocator import block_rest
from swiftcfg.units import MIB

DEMAND = Demand(8192, 1, {"image": 4096}, 4096)


def with_transformers(version="5.19.0", demand=DEMAND, gpu=None, **given):  # noqa: ANN003
    case = settings(backend="transformers", **given)
    return plan_memory(model(QWEN25_VL_7B), gpu or card(), runtime(transformers=version), case, demand)


def test_eager_attention_is_quadratic_and_the_others_are_not():
    peaks = {
        attention: [
            best(
                with_transformers(attn_impl=attention, demand=Demand(size, 1, {"image": size}, size)),
                "peak activation",
            )
            for size in (4096, 8192)
        ]
        for attention in (None, "eager", "flash_attn")
    }
    assert peaks["eager"][1] > 3.5 * peaks["eager"][0]
    assert peaks[None] == peaks["flash_attn"]
    assert peaks[None][1] <= 2.1 * peaks[None][0]


def test_older_releases_store_a_mask_and_the_logits_of_the_whole_prompt():
    old, new = (best(with_transformers(version), "peak activation") for version in ("4.49.0", "5.19.0"))
    assert old > new


def test_the_cache_of_a_request_grows_with_it():
    short, long = (with_transformers(demand=Demand(tokens, 1)) for tokens in (1000, 2000))
    assert 2 * best(short, "kv cache") == best(long, "kv cache")
    assert long.kv_cache_bytes is None


def test_a_card_too_small_for_weights_and_request_is_refused():
    one = with_transformers(gpu=card(16))
    assert one.verdict == "does-not-fit"
    assert one.reasons[0].startswith("serving takes ")


@pytest.mark.parametrize("backend", ["sglang", "lmdeploy"])
def test_fractions_are_mapped_and_marked_uncalibrated(backend):
    one = plan(backend=backend, max_model_len=8192)
    assert "uncalibrated" in one.term("kv cache").source
    assert any("no start-up log of this engine" in note for note in one.notes)
    assert one.start_check is None


@pytest.mark.parametrize("backend", ["sglang", "lmdeploy"])
def test_a_larger_fraction_holds_more_tokens_and_leaves_less_room(backend):
    less, more = (plan(backend=backend, gpu_memory_utilization=share, max_model_len=8192) for share in (0.5, 0.8))
    assert less.kv_cache_tokens.best < more.kv_cache_tokens.best
    assert less.room.best > more.room.best


def test_lmdeploy_counts_its_share_after_the_weights_and_sglang_before():
    sglang, lmdeploy = (plan(backend=backend, gpu_memory_utilization=0.5) for backend in ("sglang", "lmdeploy"))
    assert sglang.kv_cache_bytes.best < lmdeploy.kv_cache_bytes.best


@pytest.mark.parametrize(
    ("size_mib", "rest_mib"),
    [(1, 0), (9.99, 0), (10, 0), (24.5, 0), (31.5, 0.5), (35, 1), (259, 1), (129.5, 0.5), (48, 0)],
)
def test_a_block_keeps_a_rest_of_up_to_a_mebibyte(size_mib, rest_mib):
    assert block_rest(round(size_mib * MIB)) == rest_mib * MIB

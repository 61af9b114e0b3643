import pytest
from hypothesis import given
from hypothesis import strategies as st

from swiftcfg.architectures import Tensor, bytes_per_rank, classify, describe, tensors_of, weights_from_tensors
from swiftcfg.architectures.tensors import DTYPE_BITS
from swiftcfg.architectures.weights import loaded_bytes
from swiftcfg.catalogue import find_entry, find_model


@pytest.mark.parametrize(
    ("name", "part", "sharding"),
    [
        ("model.embed_tokens.weight", "embedding", "split"),
        ("lm_head.weight", "head", "split"),
        ("model.norm.weight", "language", "copied"),
        ("model.layers.3.self_attn.q_proj.weight", "language", "split"),
        ("model.layers.3.self_attn.q_proj.bias", "language", "split"),
        ("model.layers.3.self_attn.k_proj.bias", "language", "kv"),
        ("model.layers.3.self_attn.v_proj.qweight", "language", "kv"),
        ("model.layers.3.self_attn.o_proj.weight", "language", "split"),
        ("model.layers.3.self_attn.o_proj.bias", "language", "copied"),
        ("model.layers.3.self_attn.q_norm.weight", "language", "copied"),
        ("model.layers.3.mlp.gate_proj.scales", "language", "split"),
        ("model.layers.3.mlp.up_proj.g_idx", "language", "copied"),
        ("model.layers.3.mlp.down_proj.g_idx", "language", "split"),
        ("model.layers.3.mlp.down_proj.weight_scale_inv", "language", "split"),
        ("model.layers.3.mlp.gate.weight", "language", "copied"),
        ("model.layers.3.mlp.experts.17.down_proj.weight", "language", "split"),
        ("model.language_model.layers.3.mlp.experts.gate_up_proj", "language", "split"),
        ("model.language_model.embed_tokens.weight", "embedding", "split"),
        ("language_model.model.layers.0.self_attn.k_proj.weight", "language", "kv"),
        ("visual.patch_embed.proj.weight", "vision", "copied"),
        ("visual.blocks.0.attn.qkv.weight", "vision", "split"),
        ("visual.blocks.0.attn.proj.bias", "vision", "copied"),
        ("model.visual.blocks.0.mlp.linear_fc2.weight", "vision", "split"),
        ("visual.merger.mlp.0.weight", "vision", "split"),
        ("visual.merger.mlp.2.bias", "vision", "copied"),
        ("visual.merger.ln_q.weight", "vision", "copied"),
        ("model.visual.pos_embed.weight", "vision", "copied"),
        ("model.visual.deepstack_merger_list.2.linear_fc1.weight", "vision", "split"),
        ("vision_tower.encoder.layers.0.self_attn.q_proj.weight", "vision", "copied"),
        ("something.never.seen", "language", "copied"),
        ("weight", "language", "copied"),
    ],
)
def test_a_name_tells_part_and_sharding(name, part, sharding):
    assert classify(name) == (part, sharding)


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["model", "visual", "layers", "0", "k_proj", "weight"])).map(".".join)
)
def test_any_name_has_a_place(name):
    part, sharding = classify(name)
    assert part in ("embedding", "head", "language", "vision")
    assert sharding in ("split", "kv", "copied")


TENSORS = st.builds(
    Tensor,
    name=st.sampled_from(
        ["model.embed_tokens.weight", "lm_head.weight", "model.layers.0.self_attn.k_proj.weight",
         "model.layers.0.mlp.up_proj.weight", "model.norm.weight", "visual.blocks.0.attn.qkv.weight"]
    ),
    dtype=st.sampled_from(sorted(DTYPE_BITS)),
    shape=st.lists(st.integers(0, 4096), max_size=3).map(tuple),
)  # fmt: skip


@given(st.lists(TENSORS, max_size=20), st.sampled_from([2, 4]))
def test_groups_leave_nothing_out(tensors, dtype_bytes):
    weights = weights_from_tensors(tensors, dtype_bytes, "test")
    assert sum(group.tensors for group in weights.groups) == len(tensors)
    assert weights.total() == sum(weights.of(part) for part in ("embedding", "head", "language", "vision"))
    if all(tensor.dtype == "BF16" for tensor in tensors) and dtype_bytes == 2:
        assert weights.total() == sum(tensor.stored for tensor in tensors)


@given(
    st.lists(TENSORS, max_size=20),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.sampled_from([1, 2, 4, 8]),
    st.booleans(),
    st.booleans(),
)
def test_more_ranks_never_hold_more_each_nor_less_in_all(tensors, tp, kv_heads, tied, copied):
    weights = weights_from_tensors(tensors, 2, "test")

    def on_rank(ranks: int) -> int:
        return bytes_per_rank(weights, ranks, kv_heads, tied=tied, vision_copied=copied)

    assert on_rank(2 * tp) <= on_rank(tp) <= on_rank(1)
    assert tp * on_rank(tp) >= on_rank(1)
    assert on_rank(1) == weights.total() - (weights.of("head") if tied else 0)


def test_ranks_of_the_story_model_add_up():
    weights = find_model("qwen2.5-vl-7b").weights
    assert weights is not None
    vision = weights.of("vision")
    by_ranks = {tp: bytes_per_rank(weights, tp, 4, tied=False, vision_copied=False) for tp in (1, 2, 4, 8)}
    assert by_ranks == {1: 16_584_333_312, 2: 8_294_044_928, 4: 4_148_900_736, 8: 2_102_025_920}
    copied = bytes_per_rank(weights, 4, 4, tied=False, vision_copied=True)
    assert copied - by_ranks[4] == pytest.approx(vision * 3 / 4, rel=0.01)


@pytest.mark.parametrize("name", ["qwen2-vl-2b-gptq-int4", "qwen3-vl-30b-a3b-fp8", "qwen2.5-vl-3b"])
def test_tensors_that_are_counted_together_are_of_one_kind(name):
    tensors = tensors_of(describe(find_entry(name).files()["config.json"]))
    assert tensors is not None
    sums: dict[tuple[str, str], int] = {}
    for tensor in tensors:
        kind = classify(tensor.name)
        sums[kind] = sums.get(kind, 0) + loaded_bytes(tensor, 2)
    weights = weights_from_tensors(tensors, 2, "test")
    assert {(group.part, group.sharding): group.bytes_total for group in weights.groups} == sums
    assert sum(group.tensors for group in weights.groups) == len(tensors)


def test_a_redundant_head_of_a_tied_model_is_not_loaded():
    config = find_entry("qwen2.5-vl-3b").files()["config.json"]
    tensors = tensors_of(describe(config))
    assert tensors is not None
    stored = weights_from_tensors([*tensors, Tensor("lm_head.weight", "BF16", (151936, 2048))], 2, "test")
    assert bytes_per_rank(stored, 1, 2, tied=True, vision_copied=False) == 2 * 3_754_622_976
    assert stored.total() == 2 * (3_754_622_976 + 151936 * 2048)


def test_wide_floats_count_as_loaded_and_scales_as_stored():
    weights = weights_from_tensors(
        [Tensor("a.weight", "F32", (10,)), Tensor("a.weight_scale_inv", "F32", (1,)), Tensor("b.qweight", "I32", (3,))],
        2,
        "",
    )
    assert weights.total() == 20 + 4 + 12

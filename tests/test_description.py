from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swiftcfg.architectures import describe
from swiftcfg.catalogue import find_entry
from swiftcfg.errors import InputError


def config_of(name):
    return find_entry(name).files()["config.json"]


STORY = config_of("Qwen2.5-VL-7B-Instruct")


def nested(config, **more: object):
    """The same settings as transformers 4.52 and later write them."""
    kept = {"architectures", "model_type", "vision_config", "tie_word_embeddings"}
    top = {name: value for name, value in config.items() if name in kept}
    return top | {"text_config": {name: value for name, value in config.items() if name not in kept}} | more


@pytest.mark.parametrize("name", ["Qwen2.5-VL-7B-Instruct", "Qwen2-VL-2B-Instruct"])
def test_old_and_new_layouts_say_the_same(name):
    flat = config_of(name)
    newer = nested(flat)
    text = newer["text_config"]
    newest = nested(flat, dtype=flat["torch_dtype"])
    newest["text_config"] = {
        key: value for key, value in text.items() if key not in ("torch_dtype", "rope_scaling", "rope_theta")
    }
    newest["text_config"]["rope_parameters"] = {**flat["rope_scaling"], "rope_theta": flat["rope_theta"]}
    newest["text_config"]["layer_types"] = ["full_attention"] * flat["num_hidden_layers"]
    assert describe(flat) == describe(newer) == describe(newest)


def test_what_a_config_leaves_out_takes_the_classes_defaults():
    bare = {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"], "hidden_size": 3584, "intermediate_size": 18944,
        "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064,
        "max_position_embeddings": 128000, "tie_word_embeddings": False,
    }  # fmt: skip
    assert describe(bare) == describe(STORY)


def test_missing_key_value_heads_mean_one_for_each_head():
    text = describe({k: v for k, v in STORY.items() if k != "num_key_value_heads"}).text
    assert text is not None
    assert (text.kv_heads, text.head_dim) == (28, 128)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "full"),
        ({"sliding_window": 4096, "use_sliding_window": False}, "full"),
        ({"sliding_window": 4096, "use_sliding_window": True, "max_window_layers": 28}, "full"),
        ({"sliding_window": 4096, "use_sliding_window": True, "max_window_layers": 14}, "hybrid"),
        ({"sliding_window": 4096, "use_sliding_window": None}, "hybrid"),
        ({"layer_types": ["linear_attention", "full_attention"]}, "hybrid"),
        ({"full_attention_interval": 4}, "hybrid"),
        ({"sliding_window": 262144, "use_sliding_window": None}, "full"),
        ({"sliding_window": -1, "use_sliding_window": None}, "full"),
        ({"attn_type_list": [1, 0]}, "hybrid"),
        ({"kv_lora_rank": 512}, "mla"),
    ],
)
def test_the_kind_of_cache_is_named(changes, kind):
    text = describe(config_of("Qwen2.5-7B-Instruct") | changes).text
    assert text is not None
    assert text.kv_kind == kind


@pytest.mark.parametrize(
    ("scaling", "context"),
    [
        (None, 32768),
        ({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}, 131072),
        ({"rope_type": "yarn", "factor": 2.0}, 65536),
        ({"rope_type": "dynamic", "factor": 2.0}, 65536),
        ({"rope_type": "linear", "factor": None}, 32768),
        ({"rope_type": "llama3", "factor": 8.0, "original_max_position_embeddings": 8192}, 32768),
        ({"type": "mrope", "mrope_section": [16, 24, 24]}, 32768),
    ],
)
def test_rope_scaling_makes_the_context_longer(scaling, context):
    text = describe({**STORY, "max_position_embeddings": 32768, "rope_scaling": scaling}).text
    assert text is not None
    assert text.max_position_embeddings == context


def test_a_decoder_with_other_names_for_its_settings_is_understood():
    config = {
        "architectures": ["GPT2LMHeadModel"],
        "n_embd": 768,
        "n_layer": 12,
        "n_head": 12,
        "n_positions": 1024,
        "vocab_size": 50257,
    }
    text = describe(config).text
    assert text is not None
    assert (text.layers, text.kv_heads, text.head_dim, text.max_position_embeddings) == (12, 12, 64, 1024)


def test_a_config_without_sizes_says_which():
    description = describe({"architectures": ["Mystery"], "hidden_size": 8})
    assert description.text is None
    missing = "num_hidden_layers, num_attention_heads, vocab_size, max_position_embeddings"
    assert description.unknowns == (f"config.json does not say {missing}; KV bytes per token are not known",)


def test_an_unknown_architecture_may_mean_something_by_a_list():
    description = describe(STORY | {"architectures": ["Mystery"], "num_key_value_heads": [4, 8]})
    assert description.text is None
    assert description.unknowns[0] == (
        "config.json: num_key_value_heads is [4, 8], not a usable whole number; KV bytes per token are not known"
    )


def test_minus_one_is_no_group():
    quantization = describe(
        STORY | {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": -1}}
    ).quantization
    assert quantization is not None
    assert (quantization.method, quantization.bits, quantization.group) == ("gptq", 4, None)


@pytest.mark.parametrize("value", ["28", -1, 0, 2.5, True, 10**30, [28], float("nan")])
def test_an_impossible_size_is_refused(value):
    with pytest.raises(InputError, match=r"^config\.json: num_hidden_layers is "):
        describe(STORY | {"num_hidden_layers": value})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)

NAMES = st.sampled_from([*config_of("Qwen3-VL-8B-Instruct-FP8")["text_config"], "architectures", "vision_config"])


@settings(suppress_health_check=[HealthCheck.too_slow])  # deep JSON takes its time to make
@given(st.dictionaries(NAMES, JSON))
def test_any_config_is_read_or_refused(changes):
    with suppress(InputError):
        describe(STORY | changes)

import pytest
from checkpoints import write_checkpoint

from swiftcfg.architectures import describe, tensors_of
from swiftcfg.catalogue import catalogue_models, find_entry, find_model, model_names
from swiftcfg.catalogue.entries import entries
from swiftcfg.errors import InputError
from swiftcfg.model import Moe, ProcessorLimits, TextTower, VisionTower

GIB = 2**30


@pytest.mark.parametrize(
    ("written", "hub_id"),
    [
        ("Qwen/Qwen2.5-VL-7B-Instruct", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("qwen/qwen2.5-VL-7B-Instruct", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("Qwen2.5-VL-7B-Instruct", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("qwen2.5-vl-7b", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("qwen2_5_vl_7b", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("qwen2.5-vl-7b-awq", "Qwen/Qwen2.5-VL-7B-Instruct-AWQ"),
        ("Qwen2-VL-7B", "Qwen/Qwen2-VL-7B"),
        ("qwen2-vl-2b-gptq-int8", "Qwen/Qwen2-VL-2B-Instruct-GPTQ-Int8"),
        ("qwen3-vl-8b-fp8", "Qwen/Qwen3-VL-8B-Instruct-FP8"),
        ("qwen3-vl-30b-a3b-thinking-fp8", "Qwen/Qwen3-VL-30B-A3B-Thinking-FP8"),
        ("LLM-Research/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("qwen2.5-7b", "Qwen/Qwen2.5-7B"),
        ("qwen2.5-coder-7b", "Qwen/Qwen2.5-Coder-7B-Instruct"),
        ("qwen3-4b-instruct-2507-fp8", "Qwen/Qwen3-4B-Instruct-2507-FP8"),
    ],
)
def test_a_model_goes_by_many_spellings(written, hub_id):
    assert find_entry(written).hub_id == hub_id


@pytest.mark.parametrize(
    ("written", "location"),
    [
        ("qwen/qwen2.5-VL-7B-Instruct", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("qwen2.5-vl-7b", "Qwen/Qwen2.5-VL-7B-Instruct"),
        ("llm-research/Meta-Llama-3.1-8B-Instruct", "LLM-Research/Meta-Llama-3.1-8B-Instruct"),
    ],
)
def test_what_is_served_is_a_hub_id_that_exists(written, location):
    assert find_model(written).location == location


def test_an_unknown_name_is_refused_with_the_nearest_ones():
    with pytest.raises(InputError) as caught:
        find_model("qwen2.5-vl-8b")
    assert caught.value.sentence == "no model called 'qwen2.5-vl-8b' is known, and there is no such folder"
    assert caught.value.hint is not None
    assert "Qwen/Qwen2.5-VL-7B-Instruct" in caught.value.hint
    assert "give the path of a folder" in caught.value.hint


def test_a_path_that_is_not_there_is_told_as_a_path(tmp_path):
    (tmp_path / "checkpoint-100").mkdir()
    with pytest.raises(InputError) as caught:
        find_model(f"{tmp_path}/checkpoint-10")
    assert caught.value.sentence == f"there is no folder {tmp_path}/checkpoint-10"
    assert caught.value.hint == f"near in {tmp_path}: checkpoint-100"


@pytest.mark.parametrize(
    "written",
    ["", "x" * 5000, "/" + "x" * 5000, "./" + "x" * 5000, "~nobody-of-that-name/m", "a\0b", "\udcff", "--", " "],
)  # fmt: skip
def test_a_name_that_no_model_and_no_folder_has_is_told(written):
    with pytest.raises(InputError) as caught:
        find_model(written)
    assert caught.value.hint
    with pytest.raises(InputError) as caught:
        find_model("qwen2.5-vl-3b", [written])
    assert caught.value.hint


def test_the_story_model_is_known_whole():
    model = find_model("qwen2.5-vl-7b")
    assert model.text == TextTower(
        layers=28, hidden_size=3584, intermediate_size=18944, attention_heads=28, kv_heads=4, head_dim=128,
        vocab_size=152064, max_position_embeddings=128000, tie_word_embeddings=False, rotary_dim=128, mrope=True,
    )  # fmt: skip
    assert model.vision == VisionTower(
        kind="qwen2_5_vl", depth=32, hidden_size=1280, intermediate_size=3420, heads=16, patch_size=14,
        merge_size=2, temporal_patch_size=2, out_hidden_size=3584,
    )  # fmt: skip
    assert model.limits == ProcessorLimits(3136, 12845056)
    assert (model.location, model.local) == ("Qwen/Qwen2.5-VL-7B-Instruct", False)
    assert (model.model_type, model.template, model.absolute_coordinates) == ("qwen2_5_vl", "qwen2_5_vl", True)
    assert model.weights is not None
    assert model.weights.total() == 2 * 8_292_166_656
    assert (model.unknowns, model.notes) == ((), ())


def test_a_mixture_of_experts_is_known_whole():
    model = find_model("Qwen3-VL-30B-A3B-Instruct-FP8")
    assert model.text is not None
    assert model.text.moe == Moe(experts=128, experts_per_token=8, intermediate_size=768)
    assert model.vision is not None
    assert (model.vision.factor, model.vision.deepstack_levels) == (32, 3)
    assert model.limits == ProcessorLimits(65536, 16777216, 4096, 25165824)
    assert (model.model_type, model.template, model.absolute_coordinates) == ("qwen3_vl_moe", "qwen3_vl", False)
    assert (model.quantization, model.quantization_group) == ("fp8", 128)


@pytest.mark.parametrize("hub_id", [name for name in model_names() if entries()[name].value("parameters")])
def test_published_totals_follow_from_the_sizes(hub_id):
    entry = entries()[hub_id]
    tensors = tensors_of(describe(entry.files()["config.json"]))
    assert tensors is not None
    assert sum(tensor.elements for tensor in tensors) == entry.value("parameters")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        # What loaders printed or hubs list; loaders add rope caches and padding, see the memory model.
        ("Qwen2.5-VL-7B-Instruct", 15.4453, 15.4454),
        ("Qwen2.5-VL-3B-Instruct", 6.9935, 6.9936),
        ("Qwen2-VL-7B-Instruct", 15.4438, 15.4439),
        ("Qwen3-VL-8B-Instruct", 16.3299, 16.3301),
        ("Qwen3-VL-2B-Instruct", 3.9627, 3.9629),
        ("Qwen3-VL-30B-A3B-Instruct", 57.8737, 57.8738),
        ("Qwen2.5-VL-7B-Instruct-AWQ", 6.40, 6.59),
        ("Qwen2.5-VL-3B-Instruct-AWQ", 3.10, 3.20),
        ("Qwen3-8B-FP8", 8.75, 8.80),
    ],
)
def test_published_sizes_are_met(name, low, high):
    weights = find_model(name).weights
    assert weights is not None
    assert low <= weights.total() / GIB <= high


@pytest.mark.parametrize(
    ("name", "per_token"),
    [
        ("Qwen2.5-VL-3B-Instruct", 36864), ("Qwen2.5-VL-7B-Instruct", 57344), ("Qwen2-VL-2B-Instruct", 28672),
        ("Qwen3-VL-2B-Instruct", 114688), ("Qwen3-VL-4B-Instruct", 147456), ("Qwen3-VL-8B-Instruct", 147456),
        ("Qwen3-VL-30B-A3B-Instruct", 98304), ("Qwen3-VL-32B-Instruct", 262144),
        ("Qwen3-VL-235B-A22B-Instruct", 192512),
    ],
)  # fmt: skip
def test_the_cache_of_a_token_is_as_logged(name, per_token):
    text = find_model(name).text
    assert text is not None
    assert 2 * text.layers * text.kv_heads * text.head_dim * 2 == per_token


def test_every_model_says_where_its_numbers_come_from():
    for model in catalogue_models():
        assert model.sources
        assert all(source for _, source in model.sources)
        assert model.model_type
        assert model.template
        unread = any("KV bytes per token are not known" in text for text in model.unknowns)
        assert (model.text is None) == unread
        assert model.sees == (model.model_type not in ("qwen2", "qwen3", "qwen3_moe", "llama"))
        knows_images = (model.vision is None, model.limits is None) == (not model.sees, not model.sees)
        knows_memory = model.weights is not None and model.text is not None and model.text.kv_kind == "full"
        assert (knows_images and knows_memory) == (not model.unknowns)


def test_a_hybrid_is_known_but_for_what_its_layers_keep_and_weigh():
    model = find_model("Qwen3.5-35B-A3B")
    assert model.text is not None
    assert (model.text.kv_kind, model.text.head_dim, model.text.rotary_dim) == ("hybrid", 256, 64)
    assert model.text.moe == Moe(experts=256, experts_per_token=8, intermediate_size=512)
    assert model.vision == VisionTower(
        kind="qwen3_vl", depth=27, hidden_size=1152, intermediate_size=4304, heads=16, patch_size=16, merge_size=2,
        temporal_patch_size=2, out_hidden_size=2048, position_embeddings=2304,
    )  # fmt: skip
    assert model.limits == ProcessorLimits(65536, 16777216)
    assert (model.model_type, model.template, model.absolute_coordinates) == ("qwen3_5_moe", "qwen3_5", False)
    assert (model.weights, len(model.unknowns)) == (None, 2)


@pytest.mark.parametrize(
    "name",
    ["Qwen2-VL-2B-Instruct", "Qwen2-VL-7B-Instruct-AWQ", "Qwen2-VL-7B-Instruct-GPTQ-Int8", "Qwen2.5-VL-7B-Instruct",
     "Qwen3-VL-8B-Instruct", "Qwen3-VL-8B-Instruct-FP8", "Qwen3-VL-30B-A3B-Instruct", "Qwen3-0.6B", "Llama-3.1-8B"],
)  # fmt: skip
def test_a_folder_says_what_the_catalogue_says(name, tmp_path):
    published = find_model(name)
    read = find_model(str(write_checkpoint(tmp_path / published.name, name)))
    assert published.weights is not None
    assert read.weights is not None
    assert read.weights.groups == published.weights.groups
    assert (read.text, read.vision, read.limits) == (published.text, published.vision, published.limits)
    assert (read.quantization, read.dtype_bytes) == (published.quantization, published.dtype_bytes)
    # The folder is called like the model, so ms-swift and we know its type by that.
    assert (read.model_type, read.template) == (published.model_type, published.template)
    assert (read.local, read.location, read.notes) == (True, str(tmp_path / published.name), ())


def test_a_folder_of_another_name_is_told_by_architecture_and_the_doubt_is_noted(tmp_path):
    model = find_model(str(write_checkpoint(tmp_path / "my-finetune", "Qwen2.5-VL-7B-Instruct")))
    assert (model.model_type, model.template, model.absolute_coordinates) == ("qwen2_5_vl", "qwen2_5_vl", True)
    assert model.notes == ("template is taken as qwen2_5_vl; a checkpoint of this architecture may also be mimo_vl",)


@pytest.mark.parametrize(
    "path",
    [
        "models--Qwen--QVQ-72B-Preview/snapshots/0123abcd",
        "models/Qwen/QVQ-72B-Preview",
        "models/Qwen--QVQ-72B-Preview/snapshots/x",
    ],
)
def test_hub_caches_are_known_by_the_name_further_up(path, tmp_path):
    folder = tmp_path / path
    folder.parent.mkdir(parents=True)
    model = find_model(str(write_checkpoint(folder, "QVQ-72B-Preview", tensors=())))
    assert model.template == "qvq"

import json
import os
from pathlib import Path

import pytest
from checkpoints import write_checkpoint, write_safetensors

from swiftcfg.architectures import Tensor
from swiftcfg.catalogue import find_entry, find_model
from swiftcfg.errors import InputError
from swiftcfg.model import ProcessorLimits

STORY = "Qwen2.5-VL-7B-Instruct"


def test_headers_of_the_story_model_are_exact_and_take_little_disk(tmp_path):
    folder = write_checkpoint(tmp_path / STORY, STORY)
    weights = find_model(str(folder)).weights
    assert weights is not None
    assert weights.total() == 16_584_333_312
    assert weights.source == "5 safetensors headers"
    assert sum(path.stat().st_size for path in folder.glob("*.safetensors")) > weights.total()
    assert sum(path.stat().st_blocks * 512 for path in folder.iterdir()) < 1_000_000


@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "args.json", "model.safetensors"])
@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (os.mkfifo, "is not a regular file"),
        (Path.mkdir, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
        (lambda path: path.symlink_to(path), "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_what_is_no_regular_file_is_refused_and_not_waited_for(make, fault, name, tmp_path):
    folder = write_checkpoint(tmp_path / "model", "Qwen2-VL-2B-Instruct")
    (folder / "model.safetensors.index.json").unlink()
    (folder / name).unlink(missing_ok=True)
    make(folder / name)
    with pytest.raises(InputError) as caught:
        find_model(str(folder))
    assert caught.value.sentence == f"{folder / name} {fault}"
    assert caught.value.hint


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..", "", "x" * 5000, "a\0b", "\ud800", "\x1b[31m"]
)
def test_an_index_names_files_of_its_own_folder(name, tmp_path):
    folder = write_checkpoint(tmp_path / "model", "Qwen2-VL-2B-Instruct")
    index = {"weight_map": {"a.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        find_model(str(folder))
    assert caught.value.sentence.endswith(f"names {name[:200]!r}, which is not in the folder")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400, "true", '"0.7"', "[1]"])
def test_a_sampling_default_that_is_no_number_is_left_out(number, tmp_path):
    folder = write_checkpoint(tmp_path / "model", "Qwen2-VL-2B-Instruct")
    (folder / "generation_config.json").write_text(f'{{"temperature": {number}, "top_k": 5}}', encoding="utf-8")
    assert find_model(str(folder)).sampling == (("top_k", 5),)


@pytest.mark.parametrize("index", [{}, {"weight_map": []}, {"weight_map": {}}, {"weight_map": {"a": 1}}])
def test_an_index_without_files_is_told(index, tmp_path):
    folder = write_checkpoint(tmp_path / "model", "Qwen2-VL-2B-Instruct")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(InputError, match="has no weight_map of file names"):
        find_model(str(folder))


def test_a_missing_shard_is_named(tmp_path):
    folder = write_checkpoint(tmp_path / STORY, STORY)
    (folder / "model-00002-of-00005.safetensors").unlink()
    with pytest.raises(InputError, match=r"names 'model-00002-of-00005.safetensors', which is not in the folder"):
        find_model(str(folder))


@pytest.mark.parametrize("weight_map", [None, [], {"a": 1}, {"a": "../../etc/passwd"}])
def test_a_damaged_index_is_refused(weight_map, tmp_path):
    folder = write_checkpoint(tmp_path / STORY, STORY)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(InputError, match=r"model\.safetensors\.index\.json"):
        find_model(str(folder))


def test_only_the_shards_of_the_index_count(tmp_path):
    folder = write_checkpoint(tmp_path / STORY, STORY)
    write_safetensors(folder / "consolidated.safetensors", [Tensor("tok_embeddings.weight", "BF16", (10, 10))])
    weights = find_model(str(folder)).weights
    assert weights is not None
    assert weights.total() == 16_584_333_312


def test_a_folder_without_weights_is_computed(tmp_path):
    model = find_model(str(write_checkpoint(tmp_path / STORY, STORY, tensors=())))
    assert model.weights is not None
    assert (model.weights.total(), model.weights.source) == (16_584_333_312, "computed from config.json")


def test_a_folder_without_config_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        find_model(str(tmp_path))
    assert caught.value.sentence == f"{tmp_path} has no config.json"


def test_an_unknown_architecture_gives_cache_and_weights_and_says_what_is_missing(tmp_path):
    config = {
        "architectures": ["NewVLForConditionalGeneration"], "model_type": "new_vl", "torch_dtype": "bfloat16",
        "text_config": {"hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8, "num_key_value_heads": 2,
                        "intermediate_size": 1024, "vocab_size": 1000, "max_position_embeddings": 8192},
        "vision_config": {"hidden_size": 64},
    }  # fmt: skip
    tensors = [
        Tensor("language_model.model.embed_tokens.weight", "BF16", (1000, 512)),
        Tensor("language_model.model.layers.0.self_attn.k_proj.weight", "BF16", (128, 512)),
        Tensor("vision_tower.blocks.0.weight", "BF16", (64, 64)),
    ]
    model = find_model(str(write_checkpoint(tmp_path / "new", {"config.json": config}, tensors=tensors)))
    assert model.text is not None
    assert (model.text.kv_heads, model.text.head_dim, model.text.kv_kind) == (2, 64, "full")
    assert model.weights is not None
    assert [model.weights.of(part) for part in ("embedding", "language", "vision")] == [1024000, 131072, 8192]
    assert (model.vision, model.model_type, model.template) == (None, None, None)
    assert model.unknowns == (
        "the vision part is of a kind that is not known; image tokens and the vision peak are not counted",
    )


def test_sampling_defaults_are_what_ms_swift_takes(tmp_path):
    generation = {
        "temperature": 0.7,
        "top_k": 20,
        "do_sample": True,
        "eos_token_id": [1],
        "top_p": "x",
        "max_new_tokens": 512,
    }
    folder = write_checkpoint(
        tmp_path / "m", find_entry(STORY).files() | {"generation_config.json": generation}, tensors=()
    )
    assert find_model(str(folder)).sampling == (("temperature", 0.7), ("top_k", 20), ("max_new_tokens", 512))


def test_a_quantisation_without_known_layout_leaves_the_weights_unknown(tmp_path):
    files = {"config.json": find_entry(STORY).files()["config.json"], "hf_quant_config.json": {"quantization": {}}}
    model = find_model(str(write_checkpoint(tmp_path / "m", files, tensors=())))
    assert (model.quantization, model.weights) == ("modelopt", None)
    assert "weight bytes are not known" in model.unknowns[0]


def image(**content: object):
    return {"preprocessor_config.json": content}


def sides(shortest, longest):
    return {"size": {"shortest_edge": shortest, "longest_edge": longest}}


@pytest.mark.parametrize(
    ("files", "limits"),
    [
        (image(min_pixels=3136, max_pixels=1003520), ProcessorLimits(3136, 1003520)),
        (image(**sides(3136, 1003520)), ProcessorLimits(3136, 1003520)),
        # min_pixels and max_pixels win over their aliases.
        (image(min_pixels=784, max_pixels=1568, **sides(1, 2)), ProcessorLimits(784, 1568)),
        (
            image(**sides(65536, 16777216)) | {"video_preprocessor_config.json": sides(4096, 25165824)},
            ProcessorLimits(65536, 16777216, 4096, 25165824),
        ),
        # transformers 5 keeps both in one file.
        (
            {
                "processor_config.json": {
                    "image_processor": sides(65536, 16777216),
                    "video_processor": sides(4096, 25165824),
                }
            },
            ProcessorLimits(65536, 16777216, 4096, 25165824),
        ),
        (image(size={"height": 448, "width": 448}), None),
        ({}, None),
    ],
)
def test_processor_limits_are_read_wherever_they_are(files, limits, tmp_path):
    folder = write_checkpoint(
        tmp_path / "m", {"config.json": find_entry(STORY).files()["config.json"], **files}, tensors=()
    )
    assert find_model(str(folder)).limits == limits

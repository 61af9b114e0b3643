import json
from pathlib import Path

import jsonschema
import pytest
from checkpoints import write_checkpoint
from click.testing import CliRunner

from swiftcfg.catalogue import model_names
from swiftcfg.cli.models import models
from swiftcfg.errors import InputError


def shown(*words: str):
    result = CliRunner().invoke(models, words, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def schema(name):
    path = Path(__file__).parent.parent / "docs" / "schemas" / f"{name}.schema.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_list_has_a_line_for_every_model():
    lines = shown().splitlines()
    assert len(lines) == 1 + len(model_names())
    assert [line.split() for line in lines[1:3]] == [
        ["Qwen/Qwen2.5-VL-7B-Instruct", "15.45", "GiB", "57,344"],
        ["Qwen/Qwen2.5-VL-7B-Instruct-AWQ", "6.45", "GiB", "57,344"],
    ]


def test_one_model_is_shown_whole():
    assert (
        shown("qwen3-vl-8b").partition("\n\nsources:\n")[0]
        == """\
Qwen3-VL-8B-Instruct

location      Qwen/Qwen3-VL-8B-Instruct
model type    qwen3_vl
template      qwen3_vl
architecture  Qwen3VLForConditionalGeneration
weights       16.33 GiB, computed from config.json: embedding 1.16 GiB, head 1.16 GiB, language
              12.94 GiB, vision 1.07 GiB
language      36 layers, 4096 wide, 32 heads and 8 key-value heads of 128, vocabulary 151,936
context       262,144 tokens
KV cache      147,456 bytes per token (2 x 36 layers x 8 key-value heads x 128 x 2 bytes)
vision        qwen3_vl tower: 27 blocks, 1152 wide, 3 deepstack levels; one token is 32x32 px
images        65,536 to 16,777,216 px in the checkpoint's own processor
videos        4,096 to 25,165,824 px for all frames together
boxes         0 to 1000, whatever the size of the image"""
    )


def test_a_folder_is_shown_with_what_is_doubtful(tmp_path):
    folder = write_checkpoint(tmp_path / "mine", "Qwen2.5-VL-7B-Instruct-AWQ", tensors=())
    (folder / "preprocessor_config.json").unlink()
    text = shown(str(folder))
    assert "quantisation  awq, groups of 128\n" in text
    assert "not known:\n- the processor's pixel limits are not known" in text
    assert "notes:\n- template is taken as qwen2_5_vl" in text


def test_json_has_the_model_and_what_follows_from_it():
    report = json.loads(shown("qwen2.5-vl-7b", "--format", "json"))
    jsonschema.validate(report, schema("model"))
    assert report["kv_bytes_per_token"] == 57344
    assert report["weight_bytes"] == sum(report["part_bytes"].values()) == 16_584_333_312
    assert report["model"]["vision"]["patch_size"] == 14
    whole = json.loads(shown("--format", "json"))
    jsonschema.validate(whole, schema("models"))
    listed = whole["models"]
    assert [each["model"]["location"] for each in listed] == model_names()
    assert {name: value for name, value in report.items() if name != "schema_version"} in listed


def test_adapters_need_a_model():
    with pytest.raises(InputError, match="--adapters belong to one model"):
        shown("--adapters", "somewhere")

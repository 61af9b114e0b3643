"""swiftcfg memory: the whole command on scripts, as text and as JSON that keeps to its schema."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from swiftcfg.cli import swiftcfg
from swiftcfg.errors import SwiftcfgError

SCHEMA = json.loads((Path(__file__).parent.parent / "docs/schemas/memory.schema.json").read_text(encoding="utf-8"))
VERSIONS = ("--ms-swift", "4.6.0", "--vllm", "0.23.0", "--qwen-vl-utils", "0.0.14", "--transformers", "4.57.1")
CALL = ("swift", "deploy", "--model", "Qwen/Qwen2.5-VL-7B-Instruct", "--infer_backend", "vllm")


def run(*arguments, call=CALL):  # noqa: ANN002
    result = CliRunner().invoke(swiftcfg, ["memory", *VERSIONS, "--gpu", "H100-80GB", *arguments, "--", *call])
    assert result.exit_code == 0, result.output
    return result.output


def data(call=CALL):
    return json.loads(run("--format", "json", call=call))


@pytest.mark.parametrize(
    "call",
    [
        CALL,
        (*CALL, "--vllm_limit_mm_per_prompt", '{"image": 0, "video": 0}', "--vllm_tensor_parallel_size", "2"),
        ("swift", "deploy", "--model", "Qwen/Qwen3-8B", "--infer_backend", "transformers"),
        ("swift", "deploy", "--model", "Qwen/Qwen3-VL-8B-Instruct", "--infer_backend", "sglang"),
        ("swift", "deploy", "--model", "Qwen/Qwen3-VL-8B-Instruct", "--infer_backend", "lmdeploy"),
    ],
)
def test_json_keeps_to_its_schema(call):
    jsonschema.validate(data(call=call), SCHEMA)


FLAGS = (
    "vllm_gpu_memory_utilization", "vllm_max_model_len", "vllm_max_num_seqs", "vllm_tensor_parallel_size",
    "vllm_limit_mm_per_prompt", "vllm_engine_kwargs", "max_pixels", "vllm_max_lora_rank", "torch_dtype",
)  # fmt: skip
VALUES = (
    "", "0", "-1", "1000000000000", "nan", "inf", "abc", "\u00b2", "1" * 5000, "null", "[]", "{}", "[" * 3000,
    '{"a":' * 3000, '{"image": -1}',
    '{"image": 1e9}', '{"video": {"count": 1, "num_frames": -5}}', '{"max_num_batched_tokens": 0}',
    '{"mm_processor_kwargs": {"max_pixels": "x"}}', '{"mm_processor_kwargs": {"max_pixels": 1e400}}',
)  # fmt: skip


@pytest.mark.parametrize("flag", FLAGS)
def test_whatever_a_flag_is_given_there_is_an_answer(flag):
    for value in VALUES:
        arguments = ["memory", *VERSIONS, "--gpu", "L4", "--format", "json", "--", *CALL, f"--{flag}", value]
        result = CliRunner().invoke(swiftcfg, arguments)
        if result.exit_code:
            assert isinstance(result.exception, SwiftcfgError), (value[:80], result.exception)
        else:
            jsonschema.validate(json.loads(result.output, parse_constant=pytest.fail), SCHEMA)


def test_json_tells_what_the_command_comes_to():
    report = data(call=(*CALL, "--vllm_max_model_len", "32768"))
    assert report["kv_bytes_per_token"] == 57344
    assert report["max_num_batched_tokens"] == 2048
    assert report["settings"]["max_model_len"] == 32768
    assert report["verdict"] == "fits"
    assert {name: report["profiled_item"][name] for name in ("modality", "items", "tokens_per_item", "frames")} == {
        "modality": "video",
        "items": 1,
        "tokens_per_item": 32768,
        "frames": 4,
    }


def test_every_amount_is_ordered_and_every_term_says_its_source():
    for term in data()["terms"]:
        assert term["low_bytes"] <= term["best_bytes"] <= term["high_bytes"]
        assert term["source"]


def test_text_ends_with_the_verdict_and_its_reasons():
    text = run()
    assert "verdict: fits\n  - " in text
    assert "kv cache" in text
    assert "vision profile       1 video of 114688 tokens" in text


def test_a_command_that_does_not_fit_says_what_it_needs_and_what_there_is():
    text = run("--gpu", "T4")
    assert "verdict: does-not-fit" in text
    assert "more than the budget" in text

"""The rules on flags against ms-swift 4.6.0's own parser: an error where it refuses, none where all is well."""

import random
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle import Verdict, model_folder, swift_verdicts
from packaging.version import Version
from rule_facts import Surroundings
from test_rules import found

from swiftcfg.detect import read_catalog
from swiftcfg.flags import FlagSpec

pytestmark = pytest.mark.oracle

CATALOG = read_catalog(Version("4.6.0"))

#: Flags with a test of their own, and the one that forgives what is left over, which happens after parsing.
LEFT_OUT = {"model", "model_type", "template", "port", "ignore_args_error"}
WRONG = ["", "0", "-1", "1.5", "1e6", "1280*28*28", "maybe", "None", "vlm", "{image: 5}", "image=5", "5", "a b", "nan"]


def good_words(spec: FlagSpec, chance: random.Random) -> list[str]:
    """Words that a flag takes."""
    if spec.choices:
        return [str(chance.choice([choice for choice in spec.choices if choice is not None]))]
    if spec.kind == "json":
        return [chance.choice(['{"image": 2}', "{}"])]
    kinds = {
        "str": ["x", "a/b"], "int": ["1", "8", "64"], "float": ["0.5", "1"], "bool": ["true", "no", "0"],
        "optional bool": ["true", "false"],
    }  # fmt: skip
    return [chance.choice(kinds[spec.kind.removeprefix("list of ")])]


def flag_sets(count: int) -> Iterator[list[str]]:
    """Flags and words, right and wrong in some way."""
    chance = random.Random(3)
    names = [name for name in CATALOG.flags if name not in LEFT_OUT]
    older = [name for release in ("2.6.1", "3.6.4", "3.12.1") for name in read_catalog(Version(release)).flags]
    for _ in range(count):
        words: list[str] = []
        for name in chance.sample(names, chance.randint(1, 4)):
            words += [f"--{name}", *good_words(CATALOG.flags[name], chance)]
        name = chance.choice(names)
        at = chance.randrange(3, len(name))
        slips = [
            [], [], [],
            [f"--{chance.choice(older)}", "1"],
            [f"--{name[: at + 1]}", *good_words(CATALOG.flags[name], chance)],
            [f"--{name[:at]}{name[at + 1 :]}", "1"],
            [f"--{name}", chance.choice(WRONG)],
            [f"--{name}"],
            [f"--{name}", "1", "2"],
            ["stray", "-x"],
        ]  # fmt: skip
        yield [*words, *chance.choice(slips)]


def errors_of(words: list[str]) -> list[tuple[str, str]]:
    reported = found(shlex.join(["swift", "deploy", *words]), Surroundings(), "FLG")
    return [(one.rule.code, one.finding.message) for one in reported if one.severity == "error"]


def refused(verdict: Verdict) -> bool:
    return not verdict.accepted


def test_what_the_parser_refuses_is_an_error_and_nothing_else_that_parsing_tells():
    """The rules that speak of parsing alone, on any flags."""
    parsing = {"FLG001", "FLG002", "FLG007", "FLG009", "FLG010", "FLG011", "FLG024"}
    sets = [words for words in flag_sets(900) if "--help" not in words]
    model = ["--model", "Qwen/Qwen2.5-VL-7B-Instruct"]
    verdicts = swift_verdicts([[*model, *words] for words in sets])
    for words, verdict in zip(sets, verdicts, strict=True):
        errors = [error for error in errors_of([*model, *words]) if error[0] in parsing]
        assert bool(errors) == refused(verdict), (words, errors, verdict)
    assert 200 < sum(map(refused, verdicts)) < 700


#: Flags as people set them for serving, each alone right, with what is lost or refused where it is wrong.
RIGHT = [
    ["--infer_backend", "vllm", "--vllm_gpu_memory_utilization", "0.9"],
    ["--infer_backend", "vllm", "--vllm_max_model_len", "8192", "--vllm_max_num_seqs", "8"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", '{"image": 5, "video": 2}', "--vllm_enforce_eager"],
    ["--infer_backend", "vllm", "--vllm_engine_kwargs", '{"kv_cache_dtype": "fp8"}', "--vllm_quantization", "awq"],
    ["--infer_backend", "transformers", "--attn_impl", "sdpa", "--max_batch_size", "4", "--device_map", "auto"],
    ["--max_new_tokens", "2048", "--temperature", "0", "--served_model_name", "vl", "--host", "127.0.0.1"],
    ["--torch_dtype", "float16", "--system", "You look.", "--max_length", "4096", "--truncation_strategy", "left"],
    ["--model_kwargs", '{"max_pixels": 1003520}', "--log_level", "warning", "--verbose", "no", "--log_interval", "-1"],
    ["--infer_backend", "sglang", "--sglang_mem_fraction_static", "0.8", "--sglang_context_length", "8192"],
    ["--infer_backend", "lmdeploy", "--lmdeploy_tp", "2", "--lmdeploy_session_len", "8192"],
    ["--enable_thinking", "false", "--vllm_enable_prefix_caching", "true", "--infer_backend", "vllm"],
    ["--max_pixels", "1003520", "--stop_words", "a", "b", "--api_key", "secret"],
]  # fmt: skip
WRONG_SETS = [
    ["--infer_backend", "vllm", "--gpu_memory_utilization", "0.9"],
    ["--infer_backend", "vllm", "--limit_mm_per_prompt", '{"image": 5}'],
    ["--infer_backend", "vllm", "--tensor_parallel_size", "2"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", "image=5"],
    ["--infer_backend", "vlm"],
    ["--torch_dtype", "bf16"],
    ["--max_pixels", "1e6"],
    ["--enable_thinking"],
    ["--model_type", "qwen2-vl-7b-instruct"],
    ["--model_kwargs", "max_pixels=1"],
    ["--quant_method", "awq"],
    ["--port", "70000"],
    ["--port", "8000", "8001"],
]


def test_whole_commands_get_errors_exactly_where_ms_swift_does_not_take_them(tmp_path: Path):
    """As far as the arguments are set up, which needs a model's configuration but no engine."""
    model = ["--model", str(model_folder(tmp_path))]
    sets = [*RIGHT, *WRONG_SETS]
    verdicts = swift_verdicts([[*model, *words] for words in sets], level=2)
    for words, verdict in zip(sets, verdicts, strict=True):
        errors = errors_of([*model, *words])
        assert bool(errors) == refused(verdict), (words, errors, verdict.error)
    assert [refused(verdict) for verdict in verdicts] == [False] * len(RIGHT) + [True] * len(WRONG_SETS)


#: Accepted by ms-swift's parser, and lost or refused by what comes after it.
LOST = [
    ["--infer_backend", "vllm", "--max_model_len", "8192"],
    ["--vllm_gpu_memory_utilization", "0.8"],
    ["--infer_backend", "sglang", "--vllm_max_model_len", "8192"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", '{"images": 5}'],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", "5"],
    ["--infer_backend", "vllm", "--vllm_limit_mm_per_prompt", "{image:5,video:2}"],
    ["--infer_backend", "vllm", "--vllm_gpu_memory_utilization", "90"],
    ["--infer_backend", "vllm", "--vllm_engine_kwargs", '{"max_model_len": 8192}'],
    ["--api_key", "None"],
]


def test_what_ms_swift_takes_and_loses_is_an_error_too(tmp_path: Path):
    model = ["--model", str(model_folder(tmp_path))]
    for words, verdict in zip(LOST, swift_verdicts([[*model, *words] for words in LOST], level=2), strict=True):
        assert verdict.accepted, (words, verdict.error)
        assert errors_of([*model, *words]), words
